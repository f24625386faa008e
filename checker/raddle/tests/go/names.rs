//! What reports call the objects of the kit.

use raddle_shims::go::{
    self, Cond, Map, Mutex, Once, Pool, RWMutex, WaitGroup, atomic::Int64, atomic::Pointer,
    atomic::Value, chan,
};
use std::sync::Arc;

/// Reports call what was labelled by its name.
#[test]
fn objects_have_the_names_that_they_are_given() {
    let report = |program: fn()| {
        let outcome = raddle::explore(program);
        outcome.violation().unwrap_or_else(|| panic!("{outcome:?}")).report_in(1_000)
    };
    let says = |report: String, text: &str| assert!(report.contains(text), "{text}\n{report}");
    says(
        report(|| {
            let all = [chan::<u32>(0), chan(0)];
            raddle::label!(all[1] => "jobs");
            all[1].recv();
        }),
        "main waits to receive from `jobs`",
    );
    says(
        report(|| {
            let all = (Mutex::new(), RWMutex::new());
            raddle::label!(all.0 => "ledger");
            all.0.lock();
            all.0.lock();
        }),
        "main waits to lock `ledger`",
    );
    says(
        report(|| {
            let all = [RWMutex::new()];
            raddle::label!(all[0] => "cache");
            all[0].rlock();
            all[0].lock();
        }),
        "main waits to write `cache`",
    );
    says(
        report(|| {
            let group = [WaitGroup::new()];
            raddle::label!(group[0] => "workers");
            group[0].add(1);
            group[0].wait();
        }),
        "main waits for the end of `workers`",
    );
    says(
        report(|| {
            let all = (Mutex::new(), Cond::new());
            raddle::label!(all.1 => "changed");
            all.0.lock();
            all.1.wait(&all.0);
        }),
        "main waits to be notified on `changed`",
    );
    says(
        report(|| {
            let all = [Once::new()];
            raddle::label!(all[0] => "start");
            all[0].do_once(|| all[0].do_once(|| {}));
        }),
        "main waits for the initialisation of `start`",
    );
    says(
        report(|| {
            let all = [Int64::new(0)];
            raddle::label!(all[0] => "hits");
            assert_eq!(all[0].add(1), 2);
        }),
        "fetch_add hits: 0 -> 1",
    );
}

#[test]
fn what_is_made_of_others_has_its_name_too() {
    let says = |text: &str, program: fn()| {
        let outcome = raddle::explore(program);
        let report = outcome.violation().unwrap_or_else(|| panic!("{outcome:?}")).report_in(1_000);
        assert!(report.contains(text), "{text}\n{report}");
    };
    says("store current = ", || {
        let all = [Pointer::nil()];
        raddle::label!(all[0] => "current");
        all[0].store(Some(Arc::new(1)));
        assert!(all[0].load().is_none());
    });
    says("load settings -> ", || {
        let all = [Value::new()];
        raddle::label!(all[0] => "settings");
        all[0].store(1);
        assert!(all[0].load().is_none());
    });
    says("lock cache", || {
        let all = [Map::new()];
        raddle::label!(all[0] => "cache");
        all[0].store("key", 1);
        assert!(all[0].load(&"key").is_none());
    });
    says("lock buffers", || {
        let all = [Pool::new(|| 0)];
        raddle::label!(all[0] => "buffers");
        all[0].put(1);
        assert_ne!(all[0].get(), 1);
    });
    says("main waits to receive from `permits.turn`", || {
        let all = [go::Semaphore::new(1)];
        raddle::label!(all[0] => "permits");
        let ctx = go::context::background();
        assert_eq!(all[0].acquire(&ctx, 1), Ok(()));
        assert_eq!(all[0].acquire(&ctx, 1), Ok(()));
    });
}
