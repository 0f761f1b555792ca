"""How the site and the slides are built: `python -m dfad_lite course site`, or `slides`."""

import os

import dfad_lite

project = "dfad_lite"
author = copyright = "the authors of dfad_lite"
release = dfad_lite.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinxcontrib.bibtex",
    "sphinx-mathjax-offline",  # MathJax from the site itself, not from another server
    "sphinx_revealjs",
]
nb_execution_mode = "off"  # the committed outputs are what was checked
nb_code_prompt_show = "A check of what was said"
nb_code_prompt_hide = "Hide the check"
nb_mime_priority_overrides = [
    ("revealjs", kind, place)
    for place, kind in enumerate(("image/png", "text/markdown", "text/html", "text/plain"))
]
nb_render_markdown_format = "myst"  # an output's table is a table; commonmark has none
myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 3
numfig = True
exclude_patterns = ["_build", "series.md"]  # the second is part of the front page
templates_path = ["_templates"]
bibtex_bibfiles = ["references.bib"]
bibtex_default_style = "plain"

autodoc_member_order = "bysource"
autodoc_typehints = "description"
napoleon_google_docstring = True

repository = os.environ.get("DFAD_REPOSITORY", "")
html_theme = "sphinx_book_theme"
html_title = "Data-free adversarial distillation"
html_static_path = ["_static"]
html_css_files = ["course.css"]
html_context = {"default_mode": "auto"}
html_theme_options = {
    "logo": {"text": "dfad_lite"},  # the front page says the title
    "navbar_start": [],  # one search box, in the sidebar; no bar above all
    "navbar_center": [],
    "navbar_end": [],
    "navbar_persistent": [],
    "use_download_button": True,
    "use_fullscreen_button": True,
    "show_toc_level": 2,
}
if repository:  # the branch `colab` holds the notebooks with the cell that installs the package
    html_theme_options |= {
        "repository_url": f"https://github.com/{repository}",
        "repository_branch": "colab",
        "path_to_docs": "",
        "use_repository_button": True,
        "launch_buttons": {"colab_url": "https://colab.research.google.com"},
    }

revealjs_static_path = ["_static"]
revealjs_style_theme = "white"
revealjs_css_files = ["revealjs/plugin/highlight/zenburn.css", "slides.css"]
revealjs_notes_from_comments = True
revealjs_script_conf = {
    "width": 1280,
    "height": 720,
    "margin": 0.04,
    "center": False,
    "hash": True,
    "slideNumber": "c/t",
    "transition": "none",
}
revealjs_script_plugins = [
    {"name": "RevealHighlight", "src": "revealjs/plugin/highlight/highlight.js"},
    {"name": "RevealNotes", "src": "revealjs/plugin/notes/notes.js"},
]


def escape_bars(app, what, name, obj, options, lines):
    """|T(x) - S(x)| in a docstring is a size; to reStructuredText it would be a substitution."""
    for number, line in enumerate(lines):
        parts = line.split("``")  # every second one is code, and stays
        parts[::2] = [part.replace("|", r"\|") for part in parts[::2]]
        lines[number] = "``".join(parts)


def setup(app):
    app.connect("autodoc-process-docstring", escape_bars)
