"""``python -m dfad_lite``: the commands of :mod:`dfad_lite.course.cli`."""

from dfad_lite.course.cli import app

if __name__ == "__main__":
    app(prog_name="python -m dfad_lite")
