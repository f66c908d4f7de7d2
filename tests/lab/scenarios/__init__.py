"""Real failures, each made inside a guest: what is read meanwhile, what is recorded of it, and that it has an end.

A scenario is a function that is given a stage, breaks something, waits until the collector knows, mends it, waits until
the collector knows that too, and only then judges. It leaves the guest as it was.
"""

from collections.abc import Callable, Mapping

from tests.lab.scenarios import bars, decoding, denied, errors, ones, plugging, power
from tests.lab.stage import Stage

Scenario = Callable[[Stage], None]

SCENARIOS: Mapping[str, tuple[Scenario, ...]] = {
    "desktop": (
        decoding.decoding_is_off_at_the_function,
        decoding.an_interrupted_function_is_one_episode_for_each_interruption,
        ones.a_register_that_holds_all_ones,
        power.a_function_in_d3hot,
        bars.a_bar_that_moved_under_a_mapping_of_the_drivers,
        denied.a_driver_whose_function_the_policy_does_not_share,
        # the last one: Linux takes the slot's window away for good, and at a second such card it moves everybody's BARs
        bars.a_bar_that_got_no_address,
    ),
    "laptop-box": (
        bars.a_bar_that_moved_under_a_user_mapping,
        plugging.removed_in_the_middle_of_a_pass,
        plugging.pulled_and_plugged_in_again_and_again,
    ),
    "laptop-plain": (decoding.decoding_is_off_below_an_ordinary_user,),
    "workstation": (
        decoding.decoding_is_off_at_a_bridge,
        bars.a_bar_outside_the_window_of_its_bridge,
        errors.reads_that_time_out_and_are_reported,
        denied.a_driver_that_takes_the_bar_for_itself,
    ),
}
