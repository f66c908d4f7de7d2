"""Figures of barwatch as ratios: each against a peer, a limit of the machine, or the bar of DESIGN.md section 9."""
