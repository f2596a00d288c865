package pickup_test

// The fault suite for pickups. What must hold is that a file is applied at most once and is
// never lost (I3).
//
//	T17  hostile names, folder, link, pipe        TestHostileAndUnfinishedNamesAreLeftAlone, TestAFolderThatIsAFile,
//	                                              TestALinkThatLeadsOut; remotetest: hostileNames, listHostile
//	T18  listing that cannot be read              remote/ftp: TestListings
//	T19  grows, shrinks, replaced, pauses         TestWaitsUntilAFileIsStable, TestMarkers,
//	                                              TestAFileThatChangesWhileItIsReadIsGivenBack,
//	                                              TestAFileThatChangedSinceTheLookIsGivenBack
//	T20  same file, content, name; touched        TestTheSameNameEveryDay, TestInPlace
//	T21  two processes on one folder              TestManyRunsTakeAFileOnce, TestAMoveIsNotRepeatedOntoAnotherFile
//	T22  folders missing or not writable          TestRefusalsEndInNoLoop, TestServersThatRefuseToRename,
//	                                              TestNothingIsWrittenWithKeep
//	T02  cut after N bytes                        TestCutAnywhere
//	T36  the k-th operation fails                 TestEveryOperationFails, TestEveryCallOfTheJournalFails
