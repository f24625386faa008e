//! Every fixed sentence about locks that are taken in different orders.

use super::list;

/// That threads take these locks in different orders.
pub fn headline(locks: &[String]) -> String {
    let names: Vec<String> = locks.iter().map(|name| format!("`{name}`")).collect();
    format!("{} are locked in different orders, which deadlocks if the threads meet:", list(&names))
}

/// One of the orders: what was held, what was taken then, and where.
pub fn chain(thread: &str, held: (&str, &str), taken: (&str, &str)) -> String {
    let ((first, at), (second, then)) = (held, taken);
    format!("{thread} locks `{first}` at {at}, then `{second}` at {then}")
}

/// Why nothing deadlocked.
pub fn passed(complete: bool) -> &'static str {
    if complete {
        "no execution deadlocks, so something else keeps these threads apart; one order for all would not \
         depend on that"
    } else {
        "nothing deadlocked in what was explored, but that was not everything"
    }
}
