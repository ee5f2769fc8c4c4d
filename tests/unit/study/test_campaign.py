"""Campaigns: what is launched, and what is left alone."""

from aiida.manage.configuration import Profile

from aiida_forcefield.study.campaign import Campaign
from aiida_forcefield.study.file import StudyFile
from aiida_forcefield.study.launched import fingerprint, latest
from tests.unit.study.nodes import pretend


def test_no_more_than_may_run(
    profile: Profile, files: list[StudyFile], launched: list[str]
) -> None:
    campaign = Campaign(profile.name, "molecules", files, None)
    assert len(list(campaign.top_up())) == 2
    assert list(campaign.top_up()) == []
    assert campaign.standing() == {"running": 2, "waiting": 1}
    first = latest(fingerprint(files[0]))
    assert first is not None
    first.set_process_state("finished")
    first.set_exit_status(0)
    assert len(list(campaign.top_up())) == 1
    assert launched == ["methanol", "ethanol", "water"]
    assert campaign.standing() == {"running": 2, "finished": 1}


def test_launched_again_it_takes_up_what_is_missing(
    profile: Profile, files: list[StudyFile], launched: list[str]
) -> None:
    pretend(files[0], "finished", 0)
    pretend(files[1], "finished", 330)
    pretend(files[2], "finished", 430)  # imprecise, but a result
    campaign = Campaign(profile.name, "molecules", files, None)
    assert campaign.standing() == {"finished": 2, "waiting": 1}
    list(campaign.top_up())
    assert launched == ["ethanol"]


def test_what_fails_is_launched_once_only(
    profile: Profile, files: list[StudyFile], launched: list[str]
) -> None:
    campaign = Campaign(profile.name, "molecules", files[:1], None)
    list(campaign.top_up())
    node = latest(fingerprint(files[0]))
    assert node is not None
    node.set_process_state("excepted")
    assert list(campaign.top_up()) == []
    assert campaign.standing() == {"failed": 1}
    assert launched == ["methanol"]
