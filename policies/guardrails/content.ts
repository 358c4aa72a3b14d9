/** The content of a shipped file: YAML as it is written and reviewed, or the JSON that a release is built with. */
import { parse } from 'yaml';

export type Content =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly faults: string[] };

export function readContent(text: string): Content {
  try {
    // JSON is YAML too, but the start of the product should not wait for a YAML parser.
    const value = text.startsWith('{') ? JSON.parse(text) : parse(text, { schema: 'core', maxAliasCount: 0 });
    return { ok: true, value };
  } catch (cause) {
    return { ok: false, faults: [cause instanceof Error ? cause.message : 'not YAML'] };
  }
}
