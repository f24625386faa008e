//! Money goes from one account to another while both are locked; the order of the locks is the trap.

#![forbid(unsafe_code)]

use raddle_shims::sync::Mutex;

/// An account of a bank.
pub struct Account {
    number: u32,
    balance: Mutex<u64>,
}

impl Account {
    /// An account; no two of a bank have the same number.
    #[track_caller]
    pub const fn new(number: u32, balance: u64) -> Account {
        Account { number, balance: Mutex::new(balance) }
    }

    /// How much there is in it.
    ///
    /// # Panics
    /// If a transfer has panicked.
    pub fn balance(&self) -> u64 {
        *self.balance.lock().unwrap()
    }
}

/// Locks the giver first: two transfers in opposite directions can each hold what the other needs.
pub mod broken {
    use super::Account;

    /// Moves money; false if there is not enough.
    ///
    /// # Panics
    /// If another transfer has panicked.
    pub fn transfer(from: &Account, to: &Account, amount: u64) -> bool {
        let mut giver = from.balance.lock().unwrap();
        let mut taker = to.balance.lock().unwrap();
        let Some(rest) = giver.checked_sub(amount) else { return false };
        *giver = rest;
        *taker += amount;
        true
    }
}

/// Locks the account with the lower number first, whatever the direction.
pub mod fixed {
    use super::Account;

    /// Moves money; false if there is not enough, or if both are the same account.
    ///
    /// # Panics
    /// If another transfer has panicked.
    pub fn transfer(from: &Account, to: &Account, amount: u64) -> bool {
        if from.number == to.number {
            return false;
        }
        let (mut giver, mut taker);
        if from.number < to.number {
            giver = from.balance.lock().unwrap();
            taker = to.balance.lock().unwrap();
        } else {
            taker = to.balance.lock().unwrap();
            giver = from.balance.lock().unwrap();
        }
        let Some(rest) = giver.checked_sub(amount) else { return false };
        *giver = rest;
        *taker += amount;
        true
    }
}
