//! hugo#5379: the content of a page is made under a lock that counting its words takes again, in a once inside another.
//!
//! The first to count words makes the content, once: a goroutine locks and renders short codes, and its
//! caller waits for it, at most so long. A short code counts words as well: it waits for the same once until
//! its time is over, and then, once more, locks. Repaired by short codes that count words of the page without
//! its content, and without the lock.
//!
//! Left out: sites, templates and reflection between them; there is one page with one short code, rendered by
//! two workers.

use crate::harness::{go, kernel};
use raddle_shims::go::{Mutex, Once, WaitGroup, chan, context, select};
use std::sync::Arc;
use std::time::Duration;

#[derive(Default)]
struct Page {
    content_init: Once,
    plain_init: Once,
    lock: Mutex,
}

impl Page {
    fn word_count(self: &Arc<Self>, fixed: bool) {
        self.init_content(fixed);
        self.init_plain(true);
    }

    fn init_content(self: &Arc<Self>, fixed: bool) {
        self.content_init.do_once(|| {
            let limit = Duration::from_millis(1);
            let (ctx, cancel) = context::with_timeout(&context::background(), limit);
            let (made, page) = (chan(1), Arc::clone(self));
            go!(made, page => {
                page.lock.lock();
                page.render_shortcode(fixed);
                made.send(());
                page.lock.unlock();
            });
            select! {
                recv(ctx.done()) -> _ => {}
                recv(made) -> _ => {}
            }
            cancel.cancel();
        });
    }

    fn init_plain(&self, locks: bool) {
        self.plain_init.do_once(|| {
            if locks {
                self.lock.lock();
                self.lock.unlock();
            }
        });
    }

    fn render_shortcode(self: &Arc<Self>, fixed: bool) {
        if fixed {
            self.init_plain(false);
        } else {
            self.word_count(fixed);
        }
    }
}

fn program(fixed: bool) {
    let (page, group) = (Arc::new(Page::default()), Arc::new(WaitGroup::new()));
    for _ in 0..2 {
        group.add(1);
        go!(page, group => {
            page.word_count(fixed);
            group.done();
        });
    }
    group.wait();
}

kernel!("hugo#5379": "deadlock", time = "virtual");
