/** Express 4 under another name, beside the Express 5 of the other tests. */
declare module 'express4' {
  import express from 'express'
  export default express
}
