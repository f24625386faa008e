//! What traits the types implement that are made of one another, for many arguments.

use super::root::cell::UnsafeCell;
use super::root::sync::atomic::*;
use super::root::sync::mpsc::{IntoIter, Iter, Receiver, Sender, SyncSender, TryIter};
use super::root::sync::*;
use super::root::thread::{
    AccessError, Builder, JoinHandle, LocalKey, Scope, ScopedJoinHandle, Thread, ThreadId,
};
use super::root::time::Instant;
use crate::probes::{Bare, Fact, SyncAlone, ask, ask_generic, ask_unsized};
use std::time::Duration;

/// All of them.
pub fn all() -> Vec<Fact> {
    [locks(), once(), cells(), atomics(), channels(), threads(), signals()].concat()
}

fn locks() -> Vec<Fact> {
    [
        ask_generic!("sync::Mutex": Mutex),
        ask_unsized!("sync::Mutex": Mutex),
        ask_generic!("sync::MutexGuard": MutexGuard 'static),
        ask_unsized!("sync::MutexGuard": MutexGuard 'static),
        ask_generic!("sync::RwLock": RwLock),
        ask_unsized!("sync::RwLock": RwLock),
        ask_generic!("sync::RwLockReadGuard": RwLockReadGuard 'static),
        ask_unsized!("sync::RwLockReadGuard": RwLockReadGuard 'static),
        ask_generic!("sync::RwLockWriteGuard": RwLockWriteGuard 'static),
        ask_unsized!("sync::RwLockWriteGuard": RwLockWriteGuard 'static),
    ]
    .concat()
}

fn once() -> Vec<Fact> {
    [
        ask!("sync::Once": Once),
        ask!("sync::OnceState": OnceState),
        ask_generic!("sync::OnceLock": OnceLock),
        ask_generic!("sync::LazyLock": LazyLock),
        ask!("sync::LazyLock": LazyLock<u8, Bare>),
        ask!("sync::LazyLock": LazyLock<u8, std::rc::Rc<u8>>),
        ask!("sync::LazyLock": LazyLock<u8, std::cell::Cell<u8>>),
        ask!("sync::LazyLock": LazyLock<u8, SyncAlone>),
        ask!("sync::LazyLock": LazyLock<u8, &'static mut u8>),
        ask!("sync::LazyLock": LazyLock<u8, std::marker::PhantomPinned>),
        ask!("sync::LazyLock": LazyLock<u8, Box<dyn FnOnce() -> u8>>),
        ask!("sync::LazyLock": LazyLock<u8, Box<dyn FnOnce() -> u8 + Send>>),
    ]
    .concat()
}

fn cells() -> Vec<Fact> {
    [ask_generic!("cell::UnsafeCell": UnsafeCell), ask_unsized!("cell::UnsafeCell": UnsafeCell)]
        .concat()
}

fn atomics() -> Vec<Fact> {
    [
        ask!("sync::atomic::AtomicBool": AtomicBool, bool),
        ask!("sync::atomic::AtomicI8": AtomicI8, i8),
        ask!("sync::atomic::AtomicI16": AtomicI16, i16),
        ask!("sync::atomic::AtomicI32": AtomicI32, i32),
        ask!("sync::atomic::AtomicI64": AtomicI64, i64),
        ask!("sync::atomic::AtomicIsize": AtomicIsize, isize),
        ask!("sync::atomic::AtomicU8": AtomicU8, u8),
        ask!("sync::atomic::AtomicU16": AtomicU16, u16),
        ask!("sync::atomic::AtomicU32": AtomicU32, u32),
        ask!("sync::atomic::AtomicU64": AtomicU64, u64),
        ask!("sync::atomic::AtomicUsize": AtomicUsize, usize),
        ask_generic!("sync::atomic::AtomicPtr": AtomicPtr),
        ask!("sync::atomic::AtomicPtr": AtomicPtr<u8>, *mut u8),
        ask!("sync::atomic::AtomicPtr": AtomicPtr<Bare>, *mut Bare),
    ]
    .concat()
}

fn channels() -> Vec<Fact> {
    [
        ask_generic!("sync::mpsc::Sender": Sender),
        ask_generic!("sync::mpsc::SyncSender": SyncSender),
        ask_generic!("sync::mpsc::Receiver": Receiver),
        ask!("sync::mpsc::Receiver": &'static Receiver<u8>),
        ask!("sync::mpsc::Receiver": &'static Receiver<Bare>),
        ask_generic!("sync::mpsc::Iter": Iter 'static),
        ask_generic!("sync::mpsc::TryIter": TryIter 'static),
        ask_generic!("sync::mpsc::IntoIter": IntoIter),
    ]
    .concat()
}

fn threads() -> Vec<Fact> {
    [
        ask!("thread::AccessError": AccessError),
        ask!("thread::Builder": Builder),
        ask!("thread::Scope": Scope<'static, 'static>),
        ask!("thread::Thread": Thread),
        ask!("thread::ThreadId": ThreadId),
        ask_generic!("thread::JoinHandle": JoinHandle),
        ask_generic!("thread::LocalKey": LocalKey),
        ask_generic!("thread::ScopedJoinHandle": ScopedJoinHandle 'static),
    ]
    .concat()
}

fn signals() -> Vec<Fact> {
    [
        ask!("sync::Barrier": Barrier),
        ask!("sync::BarrierWaitResult": BarrierWaitResult),
        ask!("sync::Condvar": Condvar),
        ask!("sync::WaitTimeoutResult": WaitTimeoutResult),
        ask!("time::Instant": Instant, Duration),
    ]
    .concat()
}
