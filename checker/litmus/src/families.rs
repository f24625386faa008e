//! Families of programs that grow with a parameter, with the counts published for them.
//!
//! Each function says what its threads do and how many executions are known; where one number stands
//! it holds under `sc` and `rc20` alike. `r` is a register, `x`, `y`, … are atomic locations that
//! start at 0 unless said. Accesses are relaxed unless suffixed `.a` (acquire), `.r` (release) or
//! `.sc`. [`named`] finds a member by a text such as `readers(13)`.

use crate::program::{Comparison, Expectation, Guard, Instruction, Operand, Order, Program};

fn load(loc: u32, ord: Order, reg: u32) -> Instruction {
    Instruction::Load { loc, ord, reg, until: None }
}

fn store(loc: u32, ord: Order, val: u64) -> Instruction {
    Instruction::Store { loc, ord, val: Operand::Constant(val) }
}

/// `loc = reg + add`.
fn store_sum(loc: u32, ord: Order, reg: u32, add: u64) -> Instruction {
    Instruction::Store { loc, ord, val: Operand::Register { reg, add } }
}

fn increment(loc: u32, reg: u32) -> Instruction {
    let val = Operand::Constant(1);
    Instruction::FetchAdd { loc, ord: Order::Relaxed, val, reg, until: None }
}

/// A strong compare-and-swap, relaxed on success and on failure.
fn cas(loc: u32, expected: u64, val: u64, reg: u32) -> Instruction {
    let (expected, val) = (Operand::Constant(expected), Operand::Constant(val));
    let ord = Order::Relaxed;
    Instruction::Cas { loc, ord, fail: ord, expected, val, reg, old: None, weak: false }
}

/// Taking a spin lock: a swap that waits for 0.
fn lock(loc: u32, reg: u32) -> Instruction {
    let until = Some(Guard { cmp: Comparison::Eq, val: 0 });
    Instruction::Swap { loc, ord: Order::Acquire, val: Operand::Constant(1), reg, until }
}

fn unlock(loc: u32) -> Instruction {
    store(loc, Order::Release, 0)
}

fn program(name: String, locations: u32, threads: Vec<Vec<Instruction>>) -> Program {
    Program { name, locations, threads, ..Program::default() }
}

/// Expects the same number of executions, none set aside, under both models.
fn counted(program: Program, executions: u64) -> Program {
    counted_apart(program, executions, executions)
}

/// Expects a number of executions for each model, none set aside.
fn counted_apart(mut program: Program, sc: u64, rc20: u64) -> Program {
    for (model, executions) in [("sc", sc), ("rc20", rc20)] {
        let expectation = Expectation {
            executions: Some(executions),
            blocked: Some(0),
            ..Expectation::default()
        };
        program.expect.insert(model.to_owned(), expectation);
    }
    program
}

/// Attaches `executions` if the number is known.
fn counted_if_known(program: Program, executions: Option<u64>) -> Program {
    match executions {
        Some(executions) => counted(program, executions),
        None => program,
    }
}

fn factorial(n: u32) -> Option<u64> {
    (1..=u64::from(n)).try_fold(1u64, u64::checked_mul)
}

fn factorial_power(n: u32, power: u32) -> Option<u64> {
    factorial(n).and_then(|f| f.checked_pow(power))
}

/// The number that a table of `(n, count)` gives.
fn looked_up(table: &[(u32, u64)], n: u32) -> Option<u64> {
    table.iter().find(|row| row.0 == n).map(|row| row.1)
}

/// One thread `x = 42 .r`, and `n` threads `r = x.a`: 2ⁿ executions.
pub fn readers(n: u32) -> Program {
    let mut threads = vec![vec![store(0, Order::Release, 42)]];
    threads.extend((0..n).map(|_| vec![load(0, Order::Acquire, 0)]));
    counted_if_known(program(format!("readers({n})"), 1, threads), 2u64.checked_pow(n))
}

/// One thread `r = x.a`, and `n + 1` threads `x = i .r` for `i` from 0: `(n + 1)! · (n + 2)`
/// executions, so 720 for `n` = 4.
pub fn n_writers(n: u32) -> Program {
    let mut threads = vec![vec![load(0, Order::Acquire, 0)]];
    threads.extend((0..=n).map(|i| vec![store(0, Order::Release, u64::from(i))]));
    // (n + 1)! coherence orders, and the reader takes the initial value or any of n + 1 writes.
    counted_if_known(program(format!("n_writers({n})"), 1, threads), factorial(n + 2))
}

/// An array of `n + 1` zeros; thread 0 walks down from the last element to the first zero
/// (`i = n; while a[i].a != 0 { i -= 1 }`), thread `i` of `1..=n` does `a[i] = a[i - 1].a + 1 .r`.
/// 64 executions for `n` = 5, 3,328 for 10, 147,456 for 15.
pub fn lastzero(n: u32) -> Program {
    let mut walk = vec![load(0, Order::Acquire, 0)];
    for i in 1..=n {
        let further = Instruction::If {
            reg: i,
            cmp: Comparison::Ne,
            val: Operand::Constant(0),
            then: walk,
            otherwise: vec![],
        };
        walk = vec![load(i, Order::Acquire, i), further];
    }
    let mut threads = vec![walk];
    threads.extend(
        (1..=n).map(|i| vec![load(i - 1, Order::Acquire, 0), store_sum(i, Order::Release, 0, 1)]),
    );
    let known = looked_up(&[(5, 64), (10, 3328), (15, 147_456)], n);
    counted_if_known(program(format!("lastzero({n})"), n + 1, threads), known)
}

/// `x` and `y` start at 1. Thread 0 does `n` times `{r = x.a; s = y.a; x = s + 1 .r}`, thread 1 the
/// same into `y = r + 1`, thread 2 asserts bounds on `x.a`, then on `y.a`. 34,205 executions under
/// `rc20` for `n` = 4; 218,243 under `sc` and 525,630 under `rc20` for 5.
///
/// Published with `r + s` as the value stored, which the format cannot say; no value decides what
/// happens next, so the executions are the same.
pub fn fib_bench(n: u32) -> Program {
    let step = |target: u32, other: u32| Instruction::Repeat {
        times: n,
        body: vec![
            load(0, Order::Acquire, 0),
            load(1, Order::Acquire, 1),
            store_sum(target, Order::Release, other, 1),
        ],
    };
    let bound = Operand::Constant(2 * u64::from(n) + 2);
    let below = |reg| Instruction::Assert { reg, cmp: Comparison::Lt, val: bound };
    let observer = vec![load(0, Order::Acquire, 0), below(0), load(1, Order::Acquire, 1), below(1)];
    let threads = vec![vec![step(0, 1)], vec![step(1, 0)], observer];
    let mut it = program(format!("fib_bench({n})"), 2, threads);
    it.initial = vec![1, 1];
    let known =
        [(1, 11, 11), (2, 140, 153), (3, 1698, 2258), (4, 19_605, 34_205), (5, 218_243, 525_630)];
    match known.iter().find(|row| row.0 == n) {
        Some(&(_, sc, rc20)) => counted_apart(it, sc, rc20),
        None => it,
    }
}

/// `n` threads, thread `i` of `1..=n` a compare-and-swap of `x` from `i - 1` to `i`:
/// 2, 5, 14, 43, 144, 523, 2,048, 8,597 executions for `n` = 2 to 9.
pub fn casrot(n: u32) -> Program {
    let threads = (1..=u64::from(n)).map(|i| vec![cas(0, i - 1, i, 0)]).collect();
    let known = [(2, 2), (3, 5), (4, 14), (5, 43), (6, 144), (7, 523), (8, 2048), (9, 8597)];
    counted_if_known(program(format!("casrot({n})"), 1, threads), looked_up(&known, n))
}

/// `n` threads, each a compare-and-swap of `x` from 0 to a value of its own: `n` executions.
pub fn cas_once(n: u32) -> Program {
    let threads = (1..=u64::from(n)).map(|i| vec![cas(0, 0, i, 0)]).collect();
    counted(program(format!("cas_once({n})"), 1, threads), u64::from(n))
}

/// `n` threads, each a compare-and-swap of `x` from 0 to 1, then `x = i + 3 .r`:
/// 6, 66, 1,200, 32,880 executions for `n` = 2 to 5.
pub fn casw(n: u32) -> Program {
    let threads =
        (0..u64::from(n)).map(|i| vec![cas(0, 0, 1, 0), store(0, Order::Release, i + 3)]).collect();
    let known = [(2, 6), (3, 66), (4, 1200), (5, 32_880)];
    counted_if_known(program(format!("casw({n})"), 1, threads), looked_up(&known, n))
}

/// `n` threads, each one `fetch_add(x, 1)`: `n!` executions.
pub fn ainc(n: u32) -> Program {
    let threads = (0..n).map(|_| vec![increment(0, 0)]).collect();
    counted_if_known(program(format!("ainc({n})"), 1, threads), factorial(n))
}

/// `n` threads, each one `fetch_add` on `x`, then one on `y`: `(n!)²` executions.
pub fn binc(n: u32) -> Program {
    let threads = (0..n).map(|_| vec![increment(0, 0), increment(1, 1)]).collect();
    counted_if_known(program(format!("binc({n})"), 2, threads), factorial_power(n, 2))
}

/// `n` threads, each one `fetch_add` on `x`, on `y` and on `z`: `(n!)³` executions.
pub fn cinc(n: u32) -> Program {
    let threads = (0..n).map(|_| (0..3).map(|loc| increment(loc, loc)).collect()).collect();
    counted_if_known(program(format!("cinc({n})"), 3, threads), factorial_power(n, 3))
}

/// `n` threads `r = x; x = r + 1 .r`: `(n!)²` executions.
pub fn inc(n: u32) -> Program {
    let body = || vec![load(0, Order::Relaxed, 0), store_sum(0, Order::Release, 0, 1)];
    let threads = (0..n).map(|_| body()).collect();
    counted_if_known(program(format!("inc({n})"), 1, threads), factorial_power(n, 2))
}

/// One thread `x = 42 .r`, and `n` threads `fetch_add(x, 1)`: `(n + 1)!` executions.
pub fn wainc(n: u32) -> Program {
    let mut threads = vec![vec![store(0, Order::Release, 42)]];
    threads.extend((0..n).map(|_| vec![increment(0, 0)]));
    counted_if_known(program(format!("wainc({n})"), 1, threads), factorial(n + 1))
}

/// `n` threads `r = x; x = i .r`: `(n!)²` executions.
pub fn rw(n: u32) -> Program {
    let body = |i| vec![load(0, Order::Relaxed, 0), store(0, Order::Release, i)];
    let threads = (0..u64::from(n)).map(body).collect();
    counted_if_known(program(format!("rw({n})"), 1, threads), factorial_power(n, 2))
}

/// One thread `x = 1 .r`, and `n` threads `r = x; x = i .r`: 22, 300, 6,576 executions for `n` = 2
/// to 4.
pub fn wrw(n: u32) -> Program {
    let body = |i| vec![load(0, Order::Relaxed, 0), store(0, Order::Release, i)];
    let mut threads = vec![vec![store(0, Order::Release, 1)]];
    threads.extend((0..u64::from(n)).map(body));
    let known = looked_up(&[(2, 22), (3, 300), (4, 6576)], n);
    counted_if_known(program(format!("wrw({n})"), 1, threads), known)
}

/// `x = 1 .r; r = y.a; s = x.a` beside `x = 2 .r; r = z.a; s = x.a`, and `n - 1` threads
/// `y = i .r; z = i .r`: 4, 15, 130, 2,028, 49,776 executions under `sc` and 4, 16, 144, 2,304,
/// 57,600 under `rc20` for `n` = 1 to 5.
pub fn coa(n: u32) -> Program {
    let ends = |val, other| {
        vec![
            store(0, Order::Release, val),
            load(other, Order::Acquire, 0),
            load(0, Order::Acquire, 1),
        ]
    };
    let middle = |i| vec![store(1, Order::Release, i), store(2, Order::Release, i)];
    let mut threads = vec![ends(1, 1), ends(2, 2)];
    threads.extend((1..u64::from(n)).map(|i| middle(i - 1)));
    let it = program(format!("coa({n})"), 3, threads);
    let known = [(1, 4, 4), (2, 15, 16), (3, 130, 144), (4, 2028, 2304), (5, 49_776, 57_600)];
    match known.iter().find(|row| row.0 == n) {
        Some(&(_, sc, rc20)) => counted_apart(it, sc, rc20),
        None => it,
    }
}

/// Two threads that read locations in the orders given, and two that store `values`, one round after
/// the other, into their locations.
fn big(name: &str, readers: [&[u32]; 2], writers: [(&[u32], &[u64]); 2]) -> Program {
    let mut threads = Vec::new();
    for order in readers {
        let reads = order.iter().zip(0..).map(|(&loc, reg)| load(loc, Order::Acquire, reg));
        threads.push(reads.collect());
    }
    for (locations, values) in writers {
        let round = |&val| locations.iter().map(move |&loc| store(loc, Order::Release, val));
        threads.push(values.iter().flat_map(round).collect());
    }
    program(name.to_owned(), 4, threads)
}

/// Reads `x y z w x y z` and `x y z`, beside stores of 1, 2, 3 to `x y` and to `z w`:
/// 69,112 executions under `sc`, 82,472 under `rc20`.
pub fn big0() -> Program {
    let readers: [&[u32]; 2] = [&[0, 1, 2, 3, 0, 1, 2], &[0, 1, 2]];
    let it = big("big0", readers, [(&[0, 1], &[1, 2, 3]), (&[2, 3], &[1, 2, 3])]);
    counted_apart(it, 69_112, 82_472)
}

/// Reads `x y z w x y z w` and `x y z w x y`, beside stores of 1, 2, 3 to `x y` and to `z w`:
/// 1,820,474 executions under `sc`, 2,950,753 under `rc20`.
pub fn big1() -> Program {
    let readers: [&[u32]; 2] = [&[0, 1, 2, 3, 0, 1, 2, 3], &[0, 1, 2, 3, 0, 1]];
    let it = big("big1", readers, [(&[0, 1], &[1, 2, 3]), (&[2, 3], &[1, 2, 3])]);
    counted_apart(it, 1_820_474, 2_950_753)
}

/// Reads `x y z x y` and `x y z x`, beside stores of 1, 2 and of 3, 4 to `x y z`:
/// 5,284,890 executions under `sc`, 14,973,624 under `rc20`.
pub fn big2() -> Program {
    let readers: [&[u32]; 2] = [&[0, 1, 2, 0, 1], &[0, 1, 2, 0]];
    let mut it = big("big2", readers, [(&[0, 1, 2], &[1, 2]), (&[0, 1, 2], &[3, 4])]);
    it.locations = 3;
    counted_apart(it, 5_284_890, 14_973_624)
}

/// `n` threads insert 4 numbers each, `11 i + thread`, into a hash table of 128 slots by
/// compare-and-swap, going on to the next slot where one is taken: 8 executions for `n` = 12, 4,096
/// for 15. Exact up to `n` = 22, where no slot is wanted by three.
pub fn indexer(n: u32) -> Program {
    const SLOTS: u32 = 128;
    let insert = |number: u32| {
        let slot = number * 7 % SLOTS;
        let value = u64::from(number);
        let found = Instruction::Assert { reg: 0, cmp: Comparison::Eq, val: Operand::Constant(1) };
        let then = vec![cas((slot + 1) % SLOTS, 0, value, 0), found];
        [cas(slot, 0, value, 0), Instruction::IfEq { reg: 0, val: 0, then }]
    };
    let threads =
        (0..n).map(|thread| (0..4).flat_map(|i| insert(11 * i + thread)).collect()).collect();
    let known = looked_up(&[(12, 8), (15, 4096)], n);
    counted_if_known(program(format!("indexer({n})"), SLOTS, threads), known)
}

/// `x = 1`, `y = 1`, `r = x; s = y` and `r = y; s = x` in four threads. `Order::AcqRel` means release
/// stores and acquire loads. 15 executions under `sc`; under `rc20` 16, or 15 if all are SeqCst.
pub fn iriw(order: Order) -> Program {
    let (read, write, word) = match order {
        Order::Relaxed => (Order::Relaxed, Order::Relaxed, "relaxed"),
        Order::SeqCst => (Order::SeqCst, Order::SeqCst, "seq_cst"),
        _ => (Order::Acquire, Order::Release, "acq_rel"),
    };
    let threads = vec![
        vec![store(0, write, 1)],
        vec![load(0, read, 0), load(1, read, 1)],
        vec![load(1, read, 0), load(0, read, 1)],
        vec![store(1, write, 1)],
    ];
    let rc20 = if order == Order::SeqCst { 15 } else { 16 };
    counted_apart(program(format!("iriw({word})"), 2, threads), 15, rc20)
}

/// `n` threads, each `k` times `fetch_add(x, 1)`: `(n k)! / (k!)ⁿ` executions.
pub fn p(n: u32, k: u32) -> Program {
    let threads = (0..n).map(|_| (0..k).map(|i| increment(0, i)).collect()).collect();
    counted_if_known(program(format!("p({n},{k})"), 1, threads), interleavings(n, k))
}

/// As [`p`], and then each thread takes and releases one spin lock: `n!` times as many executions.
pub fn p_lock(n: u32, k: u32) -> Program {
    let mut it = p(n, k);
    it.name = format!("p_lock({n},{k})");
    it.locations = 2;
    for body in &mut it.threads {
        body.extend([lock(1, k), unlock(1)]);
    }
    let orders = interleavings(n, k).zip(factorial(n));
    counted_if_known(it, orders.and_then(|(a, b)| a.checked_mul(b)))
}

/// How many ways there are to interleave `n` sequences of `k` steps.
fn interleavings(n: u32, k: u32) -> Option<u64> {
    Some(factorial(n * k)? / factorial_power(k, n)?)
}

/// `n` threads, each `sections` times `{lock; s += 1; unlock}` with `s` plain and a spin lock that is
/// a waiting swap: `(n · sections)! / (sections!)ⁿ` executions.
pub fn lock_n(n: u32, sections: u32) -> Program {
    let section = vec![
        lock(0, 0),
        Instruction::PlainLoad { cell: 0, reg: 1 },
        Instruction::PlainStore { cell: 0, val: Operand::Register { reg: 1, add: 1 } },
        unlock(0),
    ];
    let body = vec![Instruction::Repeat { times: sections, body: section }];
    let mut it = program(format!("lock_n({n},{sections})"), 1, vec![body; n as usize]);
    it.cells = 1;
    counted_if_known(it, interleavings(n, sections))
}

/// `n` threads `{lock; x += 1; unlock}`, `x` atomic, loaded and stored apart: `n!` executions.
pub fn lockinc(n: u32) -> Program {
    let body =
        vec![lock(1, 0), load(0, Order::Relaxed, 1), store_sum(0, Order::Relaxed, 1, 1), unlock(1)];
    counted_if_known(program(format!("lockinc({n})"), 2, vec![body; n as usize]), factorial(n))
}

/// `n` threads `{lock; x += 1; y += 1; unlock}`, as [`lockinc`]: `n!` executions.
pub fn lock2inc(n: u32) -> Program {
    let body = vec![
        lock(2, 0),
        load(0, Order::Relaxed, 1),
        store_sum(0, Order::Relaxed, 1, 1),
        load(1, Order::Relaxed, 2),
        store_sum(1, Order::Relaxed, 2, 1),
        unlock(2),
    ];
    counted_if_known(program(format!("lock2inc({n})"), 3, vec![body; n as usize]), factorial(n))
}

/// `n` threads `{t = fetch_add(ticket); wait until serving.a == t; s += 1; serving = t + 1 .r}` with
/// `s` plain: `n!` executions. A guard compares with a constant, so the wait has one case per ticket.
pub fn ticketlock(n: u32) -> Program {
    let wait = |ticket: u32| {
        let until = Some(Guard { cmp: Comparison::Eq, val: u64::from(ticket) });
        let then = vec![Instruction::Load { loc: 1, ord: Order::Acquire, reg: 1, until }];
        Instruction::IfEq { reg: 0, val: u64::from(ticket), then }
    };
    let mut body = vec![increment(0, 0)];
    body.extend((0..n).map(wait));
    body.extend([
        Instruction::PlainLoad { cell: 0, reg: 2 },
        Instruction::PlainStore { cell: 0, val: Operand::Register { reg: 2, add: 1 } },
        store_sum(1, Order::Release, 0, 1),
    ]);
    let mut it = program(format!("ticketlock({n})"), 2, vec![body; n as usize]);
    it.cells = 1;
    counted_if_known(it, factorial(n))
}

/// Two threads, each `n` times a SeqCst store and load of a location of its own, then
/// `v = thread .sc; r = v.sc`: 4 executions, each of `4 n + 4` events.
pub fn par_length(n: u32) -> Program {
    let body = |thread: u32| {
        let step = vec![
            store_sum(thread, Order::SeqCst, 0, 0),
            load(thread, Order::SeqCst, 1),
            Instruction::Set { reg: 0, val: Operand::Register { reg: 0, add: 1 } },
        ];
        vec![
            Instruction::Repeat { times: n, body: step },
            store(2, Order::SeqCst, u64::from(thread)),
            load(2, Order::SeqCst, 2),
        ]
    };
    counted(program(format!("par_length({n})"), 3, vec![body(0), body(1)]), 4)
}

/// The program called `name`: a function of this module with its arguments, such as `readers(13)`,
/// `p(3,2)`, `iriw(seq_cst)` or `big0`.
pub fn named(name: &str) -> Option<Program> {
    let (family, arguments) = match name.split_once('(') {
        Some((family, rest)) => (family, rest.strip_suffix(')')?),
        None => (name, ""),
    };
    let arguments: Vec<&str> = arguments.split(',').map(str::trim).collect();
    match (family, arguments.as_slice()) {
        ("big0", [""]) => Some(big0()),
        ("big1", [""]) => Some(big1()),
        ("big2", [""]) => Some(big2()),
        ("iriw", [order]) => Some(iriw(match *order {
            "relaxed" => Order::Relaxed,
            "acq_rel" => Order::AcqRel,
            "seq_cst" => Order::SeqCst,
            _ => return None,
        })),
        (_, [n]) => ONE_NUMBER.iter().find(|row| row.0 == family)?.1(n.parse().ok()?).into(),
        (_, [n, k]) => {
            let build = TWO_NUMBERS.iter().find(|row| row.0 == family)?.1;
            Some(build(n.parse().ok()?, k.parse().ok()?))
        }
        _ => None,
    }
}

/// The name of a family with one number, and what builds its members.
type OneNumber = (&'static str, fn(u32) -> Program);

/// The name of a family with two numbers, and what builds its members.
type TwoNumbers = (&'static str, fn(u32, u32) -> Program);

/// The families with one number.
const ONE_NUMBER: &[OneNumber] = &[
    ("ainc", ainc),
    ("binc", binc),
    ("cas_once", cas_once),
    ("casrot", casrot),
    ("casw", casw),
    ("cinc", cinc),
    ("coa", coa),
    ("fib_bench", fib_bench),
    ("inc", inc),
    ("indexer", indexer),
    ("lastzero", lastzero),
    ("lock2inc", lock2inc),
    ("lockinc", lockinc),
    ("n_writers", n_writers),
    ("par_length", par_length),
    ("readers", readers),
    ("rw", rw),
    ("ticketlock", ticketlock),
    ("wainc", wainc),
    ("wrw", wrw),
];

/// The families with two numbers.
const TWO_NUMBERS: &[TwoNumbers] = &[("lock_n", lock_n), ("p", p), ("p_lock", p_lock)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_is_found_by_its_name_and_well_formed() {
        let ones = ONE_NUMBER.iter().map(|row| format!("{}(3)", row.0));
        let twos = TWO_NUMBERS.iter().map(|row| format!("{}(2,2)", row.0));
        let others = ["big0", "big1", "big2", "iriw(relaxed)", "iriw(acq_rel)", "iriw(seq_cst)"];
        for name in ones.chain(twos).chain(others.map(String::from)) {
            let program = named(&name).unwrap_or_else(|| panic!("no family {name}"));
            assert_eq!(program.name, name);
            assert_eq!(program.check(), Ok(()), "{name}");
        }
        for wrong in ["readers", "readers()", "readers(x)", "readers(3", "big0(1)", "p(2)", ""] {
            assert_eq!(named(wrong), None, "{wrong}");
        }
    }
}
