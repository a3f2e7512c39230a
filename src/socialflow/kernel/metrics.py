"""Prometheus metrics of this process. Labels are route templates, queues and names: never ids."""

from prometheus_client import Counter, Gauge, Histogram

LATENCY = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
LONG = (0.01, 0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200)
STARTUP = (0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 15.0, 30.0)
RATIO = (0.0, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)

REQUESTS = Histogram(
    "http_server_request_duration_seconds", "Time to answer.", ["method", "route", "status"], buckets=LATENCY
)
IN_FLIGHT = Gauge("http_server_active_requests", "Requests being answered.")
LIMITED = Counter("socialflow_limited_total", "Requests refused by a rate limit.", ["limit"])
LIMITER_DEGRADED = Counter("socialflow_limiter_degraded_total", "Limit checks made without Redis.")
EVENTS_RELAYED = Counter("socialflow_events_relayed_total", "Events turned into jobs.")
JOBS = Counter("socialflow_jobs_total", "Jobs by outcome.", ["kind", "outcome"])
JOB_SECONDS = Histogram("socialflow_job_duration_seconds", "Time of one attempt.", ["kind"], buckets=LONG)
JOBS_WAITING = Gauge("socialflow_jobs_waiting", "Jobs that could run now and do not.", ["queue"])
OUTBOX_WAITING = Gauge("socialflow_outbox_waiting", "Events not yet turned into jobs.")
LEASES_EXPIRED = Counter("socialflow_leases_expired_total", "Jobs whose worker went silent.")
TASKS = Counter("socialflow_transcode_tasks_total", "Tasks of transcodes by outcome.", ["kind", "outcome"])
TASK_CPU = Counter("socialflow_transcode_cpu_seconds_total", "Processor time of tasks of transcodes.", ["kind"])
TASK_BYTES = Counter("socialflow_transcode_bytes_total", "Bytes that tasks of transcodes have made.", ["kind"])
MAILS = Counter("socialflow_mails_total", "Mails by kind and what came of them.", ["kind", "outcome"])
UPLOAD_BYTES = Counter(
    "socialflow_upload_bytes_total", "Bytes of uploads that came through the API, or from links, and were kept."
)
DOWNLOADED = Counter("socialflow_downloaded_bytes_total", "Bytes of films that were downloaded.")
PURGES = Counter("socialflow_purges_total", "Orders to a CDN to forget files, by what came of them.", ["outcome"])
AUDIT_LENGTH = Gauge("socialflow_audit_length", "Facts in the audit log.")
AUDIT_VERIFIED = Gauge(
    "socialflow_audit_verified_timestamp_seconds",
    "When the audit log was last verified, by what came of it.",
    ["outcome"],
)
BREACHES_UNKNOWN = Counter(
    "socialflow_breaches_unknown_total", "Passwords taken because nobody could tell whether they were lost elsewhere."
)
PLAYBACK_REPORTS = Counter(
    "socialflow_playback_reports_total", "Reports of players, by what came of them.", ["outcome"]
)
PLAYBACK_STARTUP = Histogram(
    "socialflow_playback_startup_seconds", "From the wish to play to the first picture.", buckets=STARTUP
)
PLAYBACK_STALL_RATIO = Histogram(
    "socialflow_playback_stall_ratio", "Share of a playback that was spent waiting after its start.", buckets=RATIO
)
PLAYBACK_SESSIONS = Counter("socialflow_playback_sessions_total", "Playbacks that are over, by how.", ["outcome"])
WATCHES_BEGUN = Counter(
    "socialflow_watches_begun_total", "Videos that somebody began to watch, by what is kept of it.", ["kept"]
)
WATCHES_EXPIRED = Counter("socialflow_watches_expired_total", "Entries of histories that were forgotten in time.")
PLAYLIST_ITEMS = Counter("socialflow_playlist_items_total", "Videos put on lists, moved and taken off.", ["what"])
PLAYLISTS_RENUMBERED = Counter("socialflow_playlists_renumbered_total", "Lists whose places were all given anew.")
