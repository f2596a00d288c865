package delivery_test

// The fault suite for SFTP. Each test checks what stands on the server afterwards: that a
// file under its final name is a whole one (I1), that the old file is there until the new
// one takes its place (I2), that no temporary file of ours is left (I7), and by its
// timeouts that nothing waits beyond them (I8).
//
//	T01  killed at every point of a delivery     TestKilledAnywhere, TestRecoverFromEveryState,
//	                                             TestRecoverWithOptions
//	T02  cut after N bytes, both directions      TestCutAnywhere, TestCutDuringTheLogin
//	T03  black hole after N bytes                TestSilenceAnywhere
//	T04  silent before and after the handshake   remote/sftp: TestSilentServerEndsAtTheConnectTimeout,
//	                                             TestCancelEndsAHandshake, TestSilentJumpHost
//	T05  one byte at a time                      TestSlowDrip; remote/sftp: TestSlowDripEndsAtTheConnectTimeout,
//	                                             TestFrozenSubsystem
//	T06  source fails midway, canceled           TestCancelMidUpload; remotetest: badSources, cancelUpload
//	T07  other size than declared                TestFailuresLeaveTheOldFile; remotetest: badSources
//	T08  empty file                              TestEmptyFile; a header alone: export's limit min_rows
//	T09  answers to retry and not to retry       TestClassesOfErrors, TestAWrongPasswordIsTriedOnce;
//	                                             remote/sftp: TestClassify
//	T10  rename refused, target exists           TestDelivers, TestInPlace, TestFailuresLeaveTheOldFile
//	T11  gone right after the rename             TestPickedUpRightAfterTheRename
//	T12  stat, setstat or list forbidden         TestForbiddenToLook, TestWriteOnlyFolder;
//	                                             remote/sftp: TestOpenSSHThatForbidsStat, TestWriteOnlyOpenSSH
//	T14  certificate ended, of another, soon to  remote/sftp: TestCertificatesOfHostsThatAreNotRight,
//	     end                                     TestCertificatesAreCheckedBeforeTheyAreShown,
//	                                             TestCertificateThatEndsSoonIsWarnedOf
//	T15  host key changed, of another type       remote/sftp: TestTheWrongHostGetsNothing, TestAPinOfAnyTypeIsEnough,
//	                                             TestJumpHostFaults
//	T17  hostile names, folder, link, pipe       remote/sftp: TestListingOfAHostileServer,
//	                                             TestOnlyRegularFilesAreTaken; remotetest: hostileNames, listHostile
//	T36  the k-th operation fails                TestEveryOperationFails, TestEveryOperationFailsWithOptions
//
// T13, T16 and T18 are about FTP alone.
