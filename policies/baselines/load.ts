/** Reads the files of this folder from their text. A file that is not understood completely is refused. */
import type { z } from 'zod';
import { readContent } from '../guardrails/content.ts';
import { parameterFaults } from '../guardrails/parameters.ts';
import { compileGuardrail } from './compile.ts';
import {
  type DetectiveGuardrail,
  GuardrailFile,
  type Pack,
  PackFile,
  type ShippedType,
  TypeFile,
} from './guardrail.ts';

export type Loaded<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly faults: string[] };

export function readDetectiveGuardrail(text: string): Loaded<DetectiveGuardrail> {
  const read = readAs(GuardrailFile, text);
  if (!read.ok) return read;
  const faults = parameterFaults(read.value, {});
  const compiled = compileGuardrail(read.value);
  if (!compiled.ok) faults.push(compiled.fault);
  return faults.length > 0 ? { ok: false, faults } : read;
}

/** `known`: the guardrails a pack may name. */
export function readPack(text: string, known: ReadonlyMap<string, DetectiveGuardrail>): Loaded<Pack> {
  const read = readAs(PackFile, text);
  if (!read.ok) return read;
  const faults = read.value.rules.flatMap(({ id, parameters }) => {
    const guardrail = known.get(id);
    return guardrail ? parameterFaults(guardrail, parameters).map((fault) => `${id}: ${fault}`) : [`${id} is unknown`];
  });
  return faults.length > 0 ? { ok: false, faults } : read;
}

export function readType(text: string): Loaded<ShippedType> {
  return readAs(TypeFile, text);
}

function readAs<T extends z.ZodType>(shape: T, text: string): Loaded<z.output<T>> {
  const content = readContent(text);
  if (!content.ok) return content;
  const checked = shape.safeParse(content.value);
  if (checked.success) return { ok: true, value: checked.data };
  return { ok: false, faults: checked.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`) };
}
