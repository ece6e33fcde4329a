import { MESSAGES_CLIENTS } from './messages-clients.ts'
import { named } from './standalone.ts'
import { describeToolClients } from './tool-clients.ts'

describeToolClients(MESSAGES_CLIENTS, named('anthropic'))
