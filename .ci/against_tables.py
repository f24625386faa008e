"""The tables of the book about suites on loom and on raddle, made of the rows that `against` writes."""


def grouped(number):
    return f"{number:,}"


def seconds(number):
    return f"{number:.2f}" if number < 10 else f"{number:.0f}"


def table(head, rows):
    width = len(head)
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * width]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def suites(rows):
    """The rows of each suite, in the order in which the suites came."""
    found = {}
    for row in rows:
        found.setdefault(row["suite"], []).append(row)
    return found


def count(results, others):
    """Executions of all of them; nothing if one is not known of a test that the other tool has explored."""
    known = [result[1] for result in results]
    unknown = any(mine is None and other[1] is not None for mine, other in zip(known, others))
    return "" if unknown else grouped(sum(number or 0 for number in known))


def beside(rows, theirs, ours):
    """Of the tests that loom finishes, all executions and seconds side by side; without a bound those whose code sets none."""
    lines, all_theirs, all_ours = [], 0.0, 0.0
    if theirs == "free":
        rows = [row for row in rows if not row.get("code_bound")]
    for suite, tests in suites(rows).items():
        tests = [test["runs"] for test in tests if test["runs"].get(theirs, ["none"])[0] == "done" and ours in test["runs"]]
        if not tests:
            continue
        loom, raddle = [test[theirs] for test in tests], [test[ours] for test in tests]
        unfinished = sum(result[0] not in ("done", "bound", "sample") for result in raddle)
        time, our_time = sum(result[2] for result in loom), sum(result[2] for result in raddle)
        all_theirs, all_ours = all_theirs + time, all_ours + our_time
        ratio = f"{time / our_time:.1f}" if not unfinished else f"below {time / our_time:.2g}"
        name = f"{suite}" if theirs == "free" else f"{suite}, {tests_bound(rows, suite)}"
        lines.append([name, str(len(tests)), count(loom, raddle), seconds(time), count(raddle, raddle), seconds(our_time),
                      str(unfinished) if unfinished else "all", ratio])
    lines.append(["together", "", "", seconds(all_theirs), "", seconds(all_ours), "", f"{all_theirs / all_ours:.1f}"])
    head = ["suite" if theirs == "free" else "suite, bound", "tests", "loom", "s", "raddle", "s", "finished", "loom / raddle"]
    for line in lines:
        if line[6].isdigit():
            line[6] = f"{int(line[1]) - int(line[6])}"
    return table(head, lines)


def tests_bound(rows, suite):
    return next(row["bound"] for row in rows if row["suite"] == suite)


def unfinished(rows):
    """Of the tests that loom does not finish without a bound, how far raddle comes."""
    lines = []
    for suite, tests in suites(rows).items():
        tests = [test for test in tests if test["runs"]["free"][0] == "limit"]
        if not tests:
            continue
        ours = [test["runs"].get("our without", test["runs"]["our free"]) for test in tests]
        done = [result for result in ours if result[0] == "done"]
        part = sorted(result[1] for result in ours if result[0] == "limit" and result[1] is not None)
        other = [test["test"] for test, result in zip(tests, ours) if result[0] not in ("done", "limit")]
        span = f"{grouped(part[0])} to {grouped(part[-1])}" if len(part) > 1 else "".join(map(grouped, part))
        lines.append([suite, str(tests[0]["seconds"]), str(len(tests)), str(len(done)), count(done, done) if done else "",
                      seconds(sum(result[2] for result in done)) if done else "", str(len(part)), span,
                      ", ".join(f"`{name}`" for name in other)])
    head = ["suite", "limit, s", "tests", "finished", "executions", "s", "not finished", "executions until then", "failed or stopped"]
    return table(head, lines)


def tables(rows):
    texts = [
        "Neither with a bound, tests that loom finishes:", beside(rows, "free", "our free"),
        "Both with the same bound, tests that loom finishes:", beside(rows, "bounded", "our bounded"),
        "No bound, tests that loom does not finish:", unfinished(rows),
    ]
    return "\n\n".join(texts)
