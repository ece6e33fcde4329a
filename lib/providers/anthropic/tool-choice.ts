import type { ChatRequest } from '../../types/chat.ts'
import { noSuchTool } from '../content.ts'
import { object, text } from '../json.ts'
import type { ToolChoiceParam } from './wire.ts'

/** The way to call tools; undefined: the request does not say. */
export type Mode = 'auto' | 'any' | 'none' | { name: string } | undefined

/** Reads `tool_choice`: how tools are called, and which (undefined: all). */
export function toolChoiceOf({ tool_choice: choice }: ChatRequest): { mode: Mode; only?: ReadonlySet<string> } {
  if (choice == null) return { mode: undefined }
  if (typeof choice === 'string') return { mode: choice === 'required' ? 'any' : choice }
  switch (choice.type) {
    case 'function':
      return { mode: { name: choice.function.name } }
    case 'allowed_tools': {
      const { mode, tools } = choice.allowed_tools
      return {
        mode: mode === 'required' ? 'any' : 'auto',
        only: new Set(tools.map((tool) => text(object(tool.function).name))),
      }
    }
    default:
      throw noSuchTool('Anthropic', choice, 'tool_choice')
  }
}

export function isForced(mode: Mode): boolean {
  return mode === 'any' || typeof mode === 'object'
}

/** `single`: one call at a time. */
export function choiceParam(mode: Mode, single: boolean): ToolChoiceParam | undefined {
  if (mode === 'none') return { type: 'none' }
  if (mode === undefined && !single) return undefined
  const choice =
    typeof mode === 'object' ? { type: 'tool' as const, name: mode.name } : { type: mode ?? ('auto' as const) }
  return single ? { ...choice, disable_parallel_tool_use: true } : choice
}
