from __future__ import annotations

import pytest

from treue.report.page import render_html


@pytest.mark.slow
def test_the_page_of_a_hundred_thousand_customers_is_under_two_megabytes(tmp_path):
    import treue
    from treue.report.contents import build_report
    from treue.simulate.firm import simulate_firm

    simulate_firm(tmp_path, customers=100_000, months=60, seed=7)
    with treue.read(tmp_path) as history:
        report = build_report(history)
    for language in ("en", "de", "nb"):
        assert len(render_html(report, language).encode()) < 2_000_000
