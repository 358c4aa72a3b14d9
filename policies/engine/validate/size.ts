/** Limits on the text of a document (iam.md 1.10). */
import type { PolicyDocument } from '../syntax/ast.ts';
import type { FindingList } from '../syntax/findings.ts';
import type { SizeLimit } from './limits.ts';

const START = { pointer: '', offset: 0 };
/** From this share of the limit on, the author is warned. */
const NEARLY_FULL = 0.9;
const OUTSIDE_IAM_CHARACTERS = /[^\t\n\r\u0020-\u00ff]/;

/** False when the document is too long. */
export function checkSize(text: string, limit: SizeLimit, findings: FindingList): boolean {
  const size = limit.countsWhiteSpace ? text.length : sizeWithoutWhiteSpace(text);
  const counted = limit.countsWhiteSpace ? 'characters' : 'characters without white space';
  if (size > limit.characters) {
    findings.error('too-long', START, `document has ${size} ${counted}, the limit is ${limit.characters}`);
    return false;
  }
  if (size > limit.characters * NEARLY_FULL) {
    findings.add('warning', 'nearly-too-long', START, `document has ${size} of at most ${limit.characters} ${counted}`);
  }
  return true;
}

export function checkStatementCount(document: PolicyDocument, most: number, findings: FindingList): void {
  const { length } = document.statements;
  if (length > most)
    findings.error('too-many-statements', document, `document has ${length} statements, the limit is ${most}`);
}

export function checkCharacters(text: string, findings: FindingList): void {
  const offset = text.search(OUTSIDE_IAM_CHARACTERS);
  if (offset < 0) return;
  const hint = 'permitted: tab, line ends, U+0020 to U+00FF';
  findings.error(
    'bad-character',
    { pointer: '', offset },
    'document contains a character outside the permitted range',
    hint,
  );
}

/** White space inside strings counts. */
function sizeWithoutWhiteSpace(text: string): number {
  let size = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (inString && character === '\\') {
      size += 2;
      at++;
      continue;
    }
    if (character === '"') inString = !inString;
    if (inString || !' \t\n\r'.includes(character)) size++;
  }
  return size;
}
