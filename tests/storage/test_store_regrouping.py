"""What storage promises of merges and moves, on SQLite and on Postgres: rows, of which the last one counts."""

from __future__ import annotations

from storage import developments, regrouping


def test_the_last_row_counts_and_the_past_stays_as_it_was(store, given):
    with store.write() as tx:
        one, two, three = (given.add_development(tx).development_id for _ in range(3))
        regrouping.merge(tx, two, into=one, reason="one event", now=given.at(1))
        regrouping.merge(tx, three, into=two, reason="one event", now=given.at(2))
        regrouping.merge(tx, two, into=None, reason="no", now=given.at(3))
    with store.read() as tx:
        assert regrouping.merges(tx) == {three: two}
        before = regrouping.merges(tx, as_of=given.at(2))
        assert before == {two: one, three: two}
        assert regrouping.followed(three, before) == one
        assert regrouping.members([one, two], before) == {one: (one, two, three), two: (two, three)}
        assert regrouping.merges(tx, as_of=given.at(0)) == {}


def test_evidence_goes_with_the_mention(store, given):
    with store.write() as tx:
        mention = given.add_mention(tx)
        old, new = given.add_development(tx), given.add_development(tx)
        given.decide(tx, mention, old)
        for minute, home in ((1, new), (2, old), (3, new)):
            regrouping.move(
                tx, {mention.id}, watch="mali", to=home.development_id, reason="its own", now=given.at(minute)
            )
    with store.read() as tx:
        for minute, home in ((0, old), (1, new), (2, old), (3, new)):
            told = {
                v.development_id: bool(developments.get(tx, v.development_id, as_of=given.at(minute)).reports)
                for v in (old, new)
            }
            assert told == {old.development_id: home is old, new.development_id: home is new}
