/**
 * Node ends a process at a rejection that nobody hears; mocha passes over it. Loaded before all tests: such a rejection fails
 * the test that runs.
 */
process.on('unhandledRejection', (reason) => {
  throw reason
})
