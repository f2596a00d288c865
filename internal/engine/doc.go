// Package engine is the queue of runs: it decides which process runs which flow when, and
// sees to it that every slot is run once, whatever processes, clocks and connections do.
// What a run does is Options.Work's business; its outcome and history are the store's.
//
// The truth is in tables of our own (see migrations): slots, and runs with their state. A
// slot and its run are inserted in one transaction by whichever process comes first, so
// there is no leader. The jobs of River, in the same database, are tokens: a job says only
// "look at this run", and a process that gets one takes the run by an update that just one
// can win. A token too many is dropped; one that is lost is replaced. So none of what River
// may do to a job (rescue it while it is at work, forget to cancel it, use its id again)
// can run anything twice or lose it. River stays hidden: nothing of it is exported.
//
// Processes may differ in their flows, as while one after the other is reloaded. Of a flow,
// the schedule counts that was the last to be loaded, and only processes that have the same
// one settle its slots. A flow that no process has any more is forgotten.
//
// Liveness differs by database. On PostgreSQL each process beats every two seconds; one
// that was silent for eight is dead, and its runs go back to the queue under their ids. A
// process that could not beat for six cancels its own runs, so that they have two seconds
// to stop before another takes them. On SQLite a lock file allows one daemon per state, so
// whatever a daemon finds running at its start belongs to a dead one.
//
// On SQLite, nothing may use the database inside a hook of River, which would wait for the
// connection that River holds; there are no hooks here.
package engine
