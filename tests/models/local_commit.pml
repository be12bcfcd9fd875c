/* The commit of one process over a store of its own (docs/delivery.md): a staged file, an outbox, and a store whose
   batches are atomic and durable. The lane reads records 1, 2 ... N, writes a row and sends a message for each.
   The commit goes by pieces, between any two steps of the lane. The process is killed, or the machine loses power,
   at most F times at any place.

   When all is over each record has one row, in order, and its message was taken once. At all times a commit names
   only rows that are durable, and only what a commit holds is sent or published.

   Each macro takes out one safeguard: the model must then fail. */

#ifndef N
#define N 6
#endif
#ifndef F
#define F 4
#endif
#define EPOCHS (N + F + 2)

/* The disk. rows[0 .. written) are in the file; those behind `synced` are gone when the power is. */
byte rows[2 * N + 2];
byte written, synced;
/* The store's last commit, and the outbox: which epochs wait to be sent, and their records (from, to]. */
byte c_epoch, c_position, c_mark;
bit waits[EPOCHS];
byte from[EPOCHS], to[EPOCHS];

/* The receiver: what came under each token, and how often each record was taken. */
byte seen_from[EPOCHS], seen_to[EPOCHS];
byte taken[N + 1];

/* The process. */
byte position;                           /* of the lane */
mtype = { none, syncs, applies, sends }; /* the next piece of the commit under way */
mtype piece = none;
byte j_epoch, j_position, j_mark;        /* the commit under way */
byte published, acknowledged;            /* a mark; an epoch whose message may be deleted, 0: none */
byte faults, i;

#ifdef TOKEN_WITHOUT_EPOCH
#define TOKEN(e) 0
#else
#define TOKEN(e) (e)
#endif

/* The receiver takes a token once, and must never see it with other records. */
inline receive(e, a, b) {
  if
  :: seen_to[TOKEN(e)] == 0 ->
     seen_from[TOKEN(e)] = a; seen_to[TOKEN(e)] = b;
     i = a + 1;
     do
     :: i <= b -> taken[i]++; assert(taken[i] == 1); i++
     :: else -> break
     od
  :: else -> assert(seen_from[TOKEN(e)] == a && seen_to[TOKEN(e)] == b)
  fi;
  i = 0
}

/* A new process: goes on from the last commit, and cuts off what lies behind its mark. */
inline open() {
  assert(c_mark <= written);
#ifndef NO_CUT
  written = c_mark;
#endif
  if :: synced > written -> synced = written :: else fi;
  position = c_position;
  published = c_mark;
  acknowledged = 0;
  j_epoch = c_epoch; j_position = c_position; j_mark = c_mark;
#ifdef NOT_SENT_AGAIN
  piece = none
#else
  if :: waits[c_epoch] -> piece = sends :: else -> piece = none fi
#endif
}

active proctype Process() {
  do
  :: d_step { position < N ->                    /* the lane */
       position++;
       rows[written] = position; written++ }
  :: d_step { piece == none && position > c_position -> /* a commit begins */
       j_epoch = c_epoch + 1; j_position = position; j_mark = written;
       from[j_epoch] = c_position; to[j_epoch] = position;
#ifdef SENT_BEFORE_COMMIT
       receive(j_epoch, from[j_epoch], to[j_epoch]);
#endif
       piece = syncs }
  :: d_step { piece == syncs ->
#ifndef COMMIT_BEFORE_SYNC
       synced = j_mark;
#endif
       piece = applies }
  :: d_step { piece == applies ->                /* one atomic, durable batch */
       c_position = j_position; c_mark = j_mark; c_epoch = j_epoch;
       waits[c_epoch] = 1;
       if :: acknowledged > 0 -> waits[acknowledged] = 0 :: else fi;
       acknowledged = 0;
#ifdef DELETED_BEFORE_SENT
       waits[c_epoch] = 0;
#endif
       piece = sends }
  :: d_step { piece == sends ->
       receive(j_epoch, from[j_epoch], to[j_epoch]);
       acknowledged = j_epoch;
       piece = none }
  :: d_step { published < c_mark && piece != applies && piece != syncs ->
       published = c_mark;
       assert(published <= synced) }
#ifdef PUBLISHED_BEFORE_COMMIT
  :: d_step { piece == applies -> published = j_mark; assert(published <= c_mark) }
#endif
  :: d_step { faults < F -> faults++; open() }   /* kill -9: the page cache stays */
  :: d_step { faults < F -> faults++;            /* power loss */
       if :: written > synced -> written = synced :: else fi;
       open() }
  :: d_step { faults < F && written > synced + 1 -> /* a part of what was not synced stays */
       faults++;
       written = written - 1;
       open() }
  :: position == N && c_position == N && piece == none && published == c_mark -> break
  od;
  skip;
  d_step {
    assert(c_mark == N && written == N);
    i = 1;
    do
    :: i <= N -> assert(rows[i - 1] == i && taken[i] == 1); i++
    :: else -> break
    od
  }
}
