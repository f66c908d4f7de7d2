"""How long to wait before everything is told anew."""

from barwatch_agent.life import EpochPause


def test_an_epoch_that_was_an_accident_is_followed_at_once_and_those_that_do_not_last_ever_later(clock):
    pause = EpochPause(clock)
    pauses = []
    for _ in range(9):
        pauses.append(pause.next_s())
        clock.turn(60)

    assert pauses == [0, 10, 20, 40, 80, 160, 320, 600, 600]
    clock.turn(3601)
    assert pause.next_s() == 0
