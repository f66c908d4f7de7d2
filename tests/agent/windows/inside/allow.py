"""Makes the simulated machine one in which everything is in order: decoding on, windows open, a policy in force."""

from driver import MANY, Driver, rule
from machine import BRIDGE, GPU, Machine

DECODES = (0x04, 0x0010_0006)  # Command: memory and bus mastering
MEMORY_WINDOW = (0x20, 0xF7F0_F600)  # 0xf6000000 to 0xf7ffffff

with Machine() as machine:
    machine.config(BRIDGE, DECODES, MEMORY_WINDOW)
    machine.config(GPU, DECODES)
with Driver() as driver:
    driver.allow(rule(**MANY))
