"""What a second try of a test is given."""

import pytest
import pytest_rerunfailures


def start_afresh(item: pytest.Item) -> None:
    """End what a first try has used: in the same installation its people have signed up and its files are there.

    Neither pytest nor its plugin has a public way to this. The plugin sets the ends of modules' fixtures aside when a
    second try follows, and would go on with the same ones.
    """
    if getattr(item, "execution_count", 1) == 1:
        return
    state = item.session._setupstate
    state.stack.update(pytest_rerunfailures.suspended_finalizers)
    pytest_rerunfailures.suspended_finalizers.clear()
    state.teardown_exact(item.session)
