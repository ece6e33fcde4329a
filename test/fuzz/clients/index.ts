import { chatClient } from './chat.ts'
import type { FuzzClient } from './client.ts'
import { messagesClient } from './messages.ts'
import { responsesClient } from './responses.ts'

export const CLIENTS: readonly FuzzClient[] = [chatClient, messagesClient, responsesClient]
