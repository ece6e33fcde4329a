#!/usr/bin/env node
/**
 * streamgate as a program: `streamgate --help` tells how to use it. There is no authentication; put a proxy with one in
 * front before it listens on anything but this machine.
 */
import { serve } from './serve.ts'

await serve(process.argv.slice(2))
