"""Has Perfetto's trace processor read traces, and compares what it finds with the counts beside each."""

import pathlib
import sys

SKIPPED = "skipped: no trace was read by Perfetto, as its trace processor could not be had"

try:
    from perfetto.trace_processor import TraceProcessor
except ImportError:
    print(SKIPPED, file=sys.stderr)
    sys.exit(0)

QUERIES = {
    "steps": "select count(*) as n from slice",
    "threads": "select count(distinct track_id) as n from slice",
    "arrows": "select count(*) as n from flow",
    "errors": "select ifnull(sum(value), 0) as n from stats where severity = 'error'",
}

try:
    # It is fetched from the network when it is first used.
    TraceProcessor().close()
except Exception as error:
    print(f"{SKIPPED}: {error}", file=sys.stderr)
    sys.exit(0)

for name in sys.argv[1:]:
    trace = pathlib.Path(name)
    counts = trace.with_suffix(".counts").read_text().split()
    wanted = dict(zip(QUERIES, [int(count) for count in counts] + [0]))
    with TraceProcessor(trace=name) as processor:
        found = {what: next(iter(processor.query(query))).n for what, query in QUERIES.items()}
    if found != wanted:
        sys.exit(f"{name}: Perfetto finds {found} where there is {wanted}")
    print(f"{name}: Perfetto finds {found}")
