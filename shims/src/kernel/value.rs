//! What atomic variables hold, and the arithmetic of read-modify-writes.

use std::fmt;

/// The bits held by an atomic variable of at most 64 bits, zero-extended.
///
/// Signed values are stored as their two's-complement bits at their own [`Width`]; `bool` as 0 or 1;
/// pointers as their address, which may differ from one execution to the next.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Value(pub u64);

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The size and signedness of an atomic variable, which its arithmetic wraps to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Width {
    /// Size in bits: 8, 16, 32 or 64; 1 for a `bool`.
    pub bits: u8,
    /// Whether minimum and maximum compare two's-complement values.
    pub signed: bool,
}

impl Width {
    /// Unsigned, 64 bits.
    pub const U64: Width = Width { bits: 64, signed: false };

    const fn truncate(self, bits: u64) -> u64 {
        if self.bits >= 64 { bits } else { bits & ((1 << self.bits) - 1) }
    }

    const fn sign_extend(self, bits: u64) -> i64 {
        let shift = 64 - self.bits as u32;
        ((bits << shift) as i64) >> shift
    }

    fn less(self, left: u64, right: u64) -> bool {
        if self.signed { self.sign_extend(left) < self.sign_extend(right) } else { left < right }
    }
}

/// Which function a read-modify-write applies to the old value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RmwKind {
    /// `old + operand`, wrapping.
    Add,
    /// `old - operand`, wrapping.
    Sub,
    /// `old & operand`.
    And,
    /// `!(old & operand)`.
    Nand,
    /// `old | operand`.
    Or,
    /// `old ^ operand`.
    Xor,
    /// The larger of both, by the signedness of the width.
    Max,
    /// The smaller of both, by the signedness of the width.
    Min,
    /// `operand`.
    Swap,
}

/// The function of a read-modify-write together with its operand.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Change {
    /// The function.
    pub kind: RmwKind,
    /// Its second argument.
    pub operand: Value,
    /// The width it wraps to.
    pub width: Width,
}

impl Change {
    /// A swap of a 64-bit variable.
    pub const fn swap(operand: Value) -> Change {
        Change { kind: RmwKind::Swap, operand, width: Width::U64 }
    }

    /// The new value, as std documents each `fetch_*`: arithmetic wraps at the width.
    ///
    /// ```
    /// use raddle_shims::kernel::{Change, RmwKind, Value, Width};
    /// let width = Width { bits: 8, signed: true };
    /// let add = Change { kind: RmwKind::Add, operand: Value(1), width };
    /// assert_eq!(add.apply(Value(0xff)), Value(0));
    /// let max = Change { kind: RmwKind::Max, operand: Value(0xff), width }; // -1
    /// assert_eq!(max.apply(Value(0)), Value(0));
    /// ```
    #[inline]
    pub fn apply(self, old: Value) -> Value {
        let (old, operand) = (old.0, self.operand.0);
        let new = match self.kind {
            RmwKind::Add => old.wrapping_add(operand),
            RmwKind::Sub => old.wrapping_sub(operand),
            RmwKind::And => old & operand,
            RmwKind::Nand => !(old & operand),
            RmwKind::Or => old | operand,
            RmwKind::Xor => old ^ operand,
            RmwKind::Max if self.width.less(old, operand) => operand,
            RmwKind::Max => old,
            RmwKind::Min if self.width.less(operand, old) => operand,
            RmwKind::Min => old,
            RmwKind::Swap => operand,
        };
        Value(self.width.truncate(new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every function against std's own atomic of that width, over the corner values.
    #[test]
    fn agrees_with_std() {
        use std::sync::atomic::{AtomicI8, AtomicU16, Ordering::SeqCst};
        for a in [0u16, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff] {
            for b in [0u16, 1, 3, 0x7f, 0x80, 0xff, 0x8000, 0xffff] {
                type Fetch<A, T> = fn(&A, T, std::sync::atomic::Ordering) -> T;
                let wide: [(RmwKind, Fetch<AtomicU16, u16>); 9] = [
                    (RmwKind::Add, AtomicU16::fetch_add),
                    (RmwKind::Sub, AtomicU16::fetch_sub),
                    (RmwKind::And, AtomicU16::fetch_and),
                    (RmwKind::Nand, AtomicU16::fetch_nand),
                    (RmwKind::Or, AtomicU16::fetch_or),
                    (RmwKind::Xor, AtomicU16::fetch_xor),
                    (RmwKind::Max, AtomicU16::fetch_max),
                    (RmwKind::Min, AtomicU16::fetch_min),
                    (RmwKind::Swap, AtomicU16::swap),
                ];
                for (kind, fetch) in wide {
                    let atomic = AtomicU16::new(a);
                    fetch(&atomic, b, SeqCst);
                    let width = Width { bits: 16, signed: false };
                    let change = Change { kind, operand: Value(b.into()), width };
                    assert_eq!(
                        change.apply(Value(a.into())).0,
                        atomic.into_inner().into(),
                        "{kind:?}"
                    );
                }
                let narrow: [(RmwKind, Fetch<AtomicI8, i8>); 4] = [
                    (RmwKind::Add, AtomicI8::fetch_add),
                    (RmwKind::Sub, AtomicI8::fetch_sub),
                    (RmwKind::Max, AtomicI8::fetch_max),
                    (RmwKind::Min, AtomicI8::fetch_min),
                ];
                for (kind, fetch) in narrow {
                    let (a, b) = (a as i8, b as i8);
                    let atomic = AtomicI8::new(a);
                    fetch(&atomic, b, SeqCst);
                    let width = Width { bits: 8, signed: true };
                    let change = Change { kind, operand: Value((b as u8).into()), width };
                    let new = change.apply(Value((a as u8).into())).0;
                    assert_eq!(new, (atomic.into_inner() as u8).into(), "{kind:?} {a} {b}");
                }
            }
        }
    }
}
