// The programs of programs.rs for GenMC. Which one, and how large, say the macros PROGRAM_…, N and K.
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#define relaxed memory_order_relaxed
#define acquire memory_order_acquire
#define release memory_order_release
#define acq_rel memory_order_acq_rel
#define load(x, order) atomic_load_explicit(&(x), order)
#define store(x, value, order) atomic_store_explicit(&(x), value, order)
#define add(x, order) atomic_fetch_add_explicit(&(x), 1, order)

static int cas(atomic_int *x, int old, int new, memory_order order) {
  return atomic_compare_exchange_strong_explicit(x, &old, new, order, relaxed);
}

#if defined(PROGRAM_nothing)
#define THREADS 0
static void code(int me) {}

#elif defined(PROGRAM_p)
#define THREADS N
static atomic_int x;
static int sum;
static pthread_mutex_t lock;
static void code(int me) {
  for (int i = 0; i < K; i++)
    add(x, relaxed);
  pthread_mutex_lock(&lock);
  sum++;
  pthread_mutex_unlock(&lock);
}

#elif defined(PROGRAM_idle)
#define THREADS 4
static void code(int me) {}

#elif defined(PROGRAM_iriw)
#define THREADS 4
static atomic_int x[2];
static void code(int me) {
  if (me < 2) {
    store(x[me], 1, release);
  } else {
    load(x[me % 2], acquire);
    load(x[1 - me % 2], acquire);
  }
}

#elif defined(PROGRAM_readers)
#define THREADS (N + 1)
static atomic_int x;
static void code(int me) {
  if (me == 0)
    store(x, 42, release);
  else
    load(x, acquire);
}

#elif defined(PROGRAM_lastzero)
#define THREADS (N + 1)
static atomic_int array[N + 1];
static void code(int me) {
  if (me == 0) {
    for (int at = N; load(array[at], acquire) != 0; at--)
      ;
  } else {
    store(array[me], load(array[me - 1], acquire) + 1, release);
  }
}

#elif defined(PROGRAM_fib_bench)
#define THREADS 3
static atomic_int x[2] = {1, 1};
static void code(int me) {
  if (me == 2) {
    load(x[0], acquire);
    load(x[1], acquire);
    return;
  }
  for (int i = 0; i < N; i++) {
    int one = load(x[0], acquire);
    store(x[me], one + load(x[1], acquire), release);
  }
}

#elif defined(PROGRAM_big1)
#define THREADS 4
static atomic_int x[4];
static void code(int me) {
  if (me < 2) {
    for (int at = 0; at < 8 - 2 * me; at++)
      load(x[at % 4], acquire);
    return;
  }
  for (int value = 1; value <= 3; value++) {
    store(x[2 * me - 4], value, release);
    store(x[2 * me - 3], value, release);
  }
}

#elif defined(PROGRAM_casrot)
#define THREADS N
static atomic_int x;
static void code(int me) { cas(&x, me, me + 1, relaxed); }

#elif defined(PROGRAM_fetch_add)
#define THREADS N
static atomic_int x;
static void code(int me) { add(x, relaxed); }

#elif defined(PROGRAM_mutex)
#define THREADS N
static int sum;
static pthread_mutex_t lock;
static void code(int me) {
  pthread_mutex_lock(&lock);
  sum++;
  pthread_mutex_unlock(&lock);
}

#elif defined(PROGRAM_ticketlock)
#define THREADS N
static atomic_int next, serving;
static void code(int me) {
  int mine = add(next, relaxed);
  while (load(serving, acquire) != mine)
    ;
  store(serving, mine + 1, release);
}

#elif defined(PROGRAM_treiber)
#define THREADS N
static atomic_int top, next[N + 1];
static void code(int me) {
  int node = me + 1;
  for (;;) {
    int old = load(top, acquire);
    store(next[node], old, relaxed);
    if (cas(&top, old, node, release))
      break;
  }
  for (;;) {
    int old = load(top, acquire);
    if (old == 0)
      break;
    int below = load(next[old], relaxed);
    if (cas(&top, old, below, acquire))
      break;
  }
}

#elif defined(PROGRAM_ms_queue)
#define THREADS (2 + N)
#define NIL -1
static atomic_int head, tail, next[3] = {NIL, NIL, NIL};
static void code(int me) {
  if (me < 2) {
    int node = me + 1;
    for (;;) {
      int last = load(tail, acquire);
      int after = load(next[last], acquire);
      if (after != NIL) {
        cas(&tail, last, after, release);
      } else if (cas(&next[last], NIL, node, release)) {
        cas(&tail, last, node, release);
        break;
      }
    }
    return;
  }
  for (;;) {
    int first = load(head, acquire);
    int last = load(tail, acquire);
    int after = load(next[first], acquire);
    if (after == NIL)
      break;
    if (first == last)
      cas(&tail, last, after, release);
    else if (cas(&head, first, after, acq_rel))
      break;
  }
}
#endif

static void *run(void *me) {
  code((int)(intptr_t)me);
  return 0;
}

int main() {
  pthread_t threads[THREADS + 1];
  for (int i = 0; i < THREADS; i++)
    pthread_create(&threads[i], 0, run, (void *)(intptr_t)i);
  for (int i = 0; i < THREADS; i++)
    pthread_join(threads[i], 0);
  return 0;
}
