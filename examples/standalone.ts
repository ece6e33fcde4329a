/** The proxy as a program of its own, `npm start -- --help`: the same that the package installs as `streamgate`. */
import '../lib/cli/main.ts'
