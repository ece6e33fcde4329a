import { RESPONSES_CLIENTS } from './responses-clients.ts'
import { NATIVE_OPENAI } from './standalone.ts'
import { describeToolClients } from './tool-clients.ts'

describeToolClients(RESPONSES_CLIENTS, NATIVE_OPENAI)
