// Package internal holds no code: it is the map of the packages below it. A test keeps it
// whole. Data flows one way, and the linter's depguard rules are its law: the core knows
// nobody, adapters know the core and not each other, app knows all, and only commands know
// app.
//
//	slot ─> state (queue) ─> app: export │ import │ hires ─> state ─> notify
//	  export:  lucca ─> roster ─> profile ─> spool ─> export (limits) ─> delivery ─> remote
//	  import:  remote ─> pickup ─> spool ─> userfile ─> plan (limits) ─> apply ─> lucca
//	  hires:   ATS ─> hire ─> plan (limits) ─> apply ─> lucca
//
// The core, without input and output:
//
//	fault        errors of a known kind, with details or a hint
//	finding      one thing to say about a row or a cell
//	learn        how a file of users is written
//	limit        a bound within which a run goes through by itself
//	loopback     what is this machine
//	nearest      the word that was probably meant
//	message      the texts that people read, by language
//	person       when two spellings mean one human being
//	plan         what an import would do
//	audit        who did what, as a chain that shows what was done to it
//	explain      what a run did with one person, and why
//	export       a partner's rows, and what differs from the last file
//	profile      the file contracts of partners, bound to the roster
//	run          one execution of a flow: what it counted and how it ended
//	roster       the employees of one day, with all they refer to
//	schedule     cron lines as slots
//	secret       references to passwords and keys
//	tabular      rows to bytes and bytes to rows
//	userfile     Lucca's user file, read and reported on
//
// The flows, each a function from values to what a run came to:
//
//	flow             the life of a run, whoever began it
//	flow/change      what imports and hires share: plan, judge, apply
//	flow/export      Lucca to a partner's file
//	flow/hires       an ATS to Lucca
//	flow/imports     a user file to Lucca
//	flow/inbox       what imports and hires share: the files of a remote, taken and put away
//	step             how long the steps of a run take, and their traces
//
// The algorithms, on interfaces of their own:
//
//	account      whose files of this machine are whose
//	apply        a plan carried out, journalled before and after each request
//	delivery     one file put on a remote whole, or not at all
//	pickup       one file taken from a remote exactly once
//	spool        the working files, whole and within a bound
//	wrap         compression and encryption of a file
//
// The adapters, each to one part of the world:
//
//	httpapi          one way to send requests, under lucca, hire/flatchr and notify
//	lucca            the Lucca API, whichever generation answers
//	hire             recruited candidates as rows of a plan, and what a source of them can do
//	hire/flatchr     the ATS Flatchr
//	hire/generic     any ATS that sends our JSON or drops files
//	hire/wire        the JSON of strangers
//	notify           who is told what, and when
//	notify/mail      … by mail
//	notify/ping      … a dead-man switch
//	notify/webhook   … a channel of Slack, Teams or Mattermost
//	remote           a folder on another machine
//	remote/dial      … connections, straight or through a proxy
//	remote/dir       … a local folder
//	remote/ftp       … FTP, with TLS or without
//	remote/sftp      … SFTP
//	state            the memory: runs, deliveries, plans, hires; and the queue: which process runs what when
//	daemon           the parts of a serving process: started, reloaded, stopped in reverse
//	web              health, metrics and webhooks of the daemon
//	web/api          what programs ask of it
//	web/auth         who asks, and what they may do
//	web/console      what it shows in a browser
//	web/hooks        the hires that others send to it
//	web/pace         how often senders may come
//	web/watch        alert rules and a dashboard for its metrics
//	starter          a first configuration, for init
//	config           the configuration file, all faults at once
//	config/slip      what people get wrong in YAML, where a parser says little
//	inspect          what people ask of an instance: did it run, who changed, what is to be done
//	draft            user files that people bring and mend in a browser
//	upkeep           the state and the spool looked after
//	acts             what people do: approve, reject, cancel, pause, resume, resend, decide on hires
//	app              the table of who is who (registry.go), and who does the work of what
//	show             what commands found out, for a person or as JSON
//
// What stands for the world, and helps tests:
//
//	demo                 everything on an invented company, on this machine
//	sandbox              a Lucca tenant
//	web/browsertest      a browser, and what of a page somebody cannot use
//	sandbox/flatchr      an ATS
//	sandbox/partner      a partner's SFTP server
//	inspect/inspecttest  what an instance has after a long time
//	flow/flowtest        the world of a flow in one process, with faults
//	state/statetest      a PostgreSQL of a test's own
//	notify/notifytest    a memory of notifications
//	message/messagetest  English in what others read
//	remote/remotetest    the contract that every remote keeps, and servers that misbehave
package internal
