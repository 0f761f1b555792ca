"""What README and the page on own teachers say of the zoo is what its table holds."""

from pathlib import Path

from dfad_lite import results

ROOT = Path(__file__).resolve().parents[1]


def test_printed_shares_are_the_table_s() -> None:
    games = results.table("zoo").query("half == 'B' and variant == 'recipe' and budget == '400'")
    shares = sorted(games.groupby("teacher").share.median(), reverse=True)
    said = ", ".join(f"{share:.2f}" for share in shares[:-1]) + f" and {shares[-1]:.2f}"
    for page in ("README.md", "docs/your_own_teacher.md"):
        assert f"kept in the median {said} of" in (ROOT / page).read_text(encoding="utf-8"), said
    assert f"({len(games)} games;" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_two_recipes_compared_in_08_are_the_table_s() -> None:
    games = results.table("zoo").query("half == 'A' and teacher == 'lenet5-adam'")
    agreed = games[games.budget == "40s"].set_index("variant").validation_agreement
    said = (
        f"on {agreed['Broad, 0.03']:.2f} of the training images, that of `Ours` on "
        f"{agreed['Ours']:.2f}"
    )
    assert said in (ROOT / "notebooks" / "08_beyond_dfad.ipynb").read_text(encoding="utf-8")
