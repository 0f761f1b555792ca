"""The course's machinery: commands, runs of the notebooks, sweeps, hand-outs and the site.

Nothing outside this folder imports it, and nothing here trains or evaluates a network.
"""
