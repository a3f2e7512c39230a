"""The engines that come along: PostgreSQL and Valkey from their wheels, started without root and without a service.

`postgres` and `valkey` say how one engine is prepared, started and asked whether it is ready;
`daemon` runs one; `tether` ties its life to ours; `throwaway` makes a pair for a run of tests.
"""
