"""What README and the page on own teachers say of the zoo is what its table holds."""

from pathlib import Path

from dfad_lite import results

ROOT = Path(__file__).resolve().parents[1]


def test_printed_shares_are_the_table_s() -> None:
    games = results.table("zoo").query("half == 'B'")
    broad = games.teacher == "mlp-bn-smoothed"  # as `distill` plays: no convolution
    broad &= (games.budget == "2000") & (games.variant == "recipe")
    norm = games.teacher == "resnet-bn-cosine"
    led = games.budget == "200"
    led &= games.variant == norm.map({True: "Grids", False: "Grids, no norm"})
    games = games[broad | led & (games.teacher != "mlp-bn-smoothed")]
    shares = sorted(games.groupby("teacher").share.median(), reverse=True)
    assert len(shares) == 6
    said = ", ".join(f"{share:.2f}" for share in shares[:-1]) + f" and {shares[-1]:.2f}"
    readme, page = (
        (ROOT / name).read_text(encoding="utf-8")
        for name in ("README.md", "docs/your_own_teacher.md")
    )
    assert f"in the median {said} of" in readme and f"in the median {said} of" in page, said
    assert f"({len(games)} games" in readme and f"({len(games)} games" in page
    median, worst = games.share.median(), games.share.min()
    assert f"median of all {median:.3f}" in readme and f"worst {worst:.2f}" in readme


def test_the_two_recipes_compared_in_08_are_the_table_s() -> None:
    games = results.table("zoo").query("half == 'A' and teacher == 'lenet5-adam'")
    agreed = games[games.budget == "40s"].set_index("variant").validation_agreement
    said = (
        f"on {agreed['Broad, 0.03']:.2f} of the training images, that of `Ours` on "
        f"{agreed['Ours']:.2f}"
    )
    assert said in (ROOT / "notebooks" / "08_beyond_dfad.ipynb").read_text(encoding="utf-8")
