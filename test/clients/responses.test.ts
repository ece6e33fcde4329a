import { RESPONSES_CLIENTS } from './responses-clients.ts'
import { describeToolClients } from './tool-clients.ts'

describeToolClients(RESPONSES_CLIENTS)
