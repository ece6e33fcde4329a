import { MESSAGES_CLIENTS } from './messages-clients.ts'
import { describeToolClients } from './tool-clients.ts'

describeToolClients(MESSAGES_CLIENTS)
