/** Runs one command line to its exit code. Nothing here ends the process, so tests run it like any function. */
import { type Command, CommanderError } from 'commander';
import { EXIT, Exit, exitCodeOf } from './exit-code.ts';
import { memberOptions } from './input/member-options.ts';
import { formatFailure } from './output/failure.ts';
import { buildProgram, type OperationAreas } from './program.ts';
import type { Terminal } from './terminal.ts';

/** `words` are the arguments after the name of the program. */
export async function run(words: readonly string[], terminal: Terminal, areas: OperationAreas): Promise<number> {
  const program = buildProgram(areas, terminal);
  prepare(program, terminal);
  try {
    await program.parseAsync(words, { from: 'user' });
    return EXIT.ok;
  } catch (thrown) {
    if (thrown instanceof Exit) return thrown.exitCode;
    // Commander has printed its own text by now.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.ok : EXIT.usage;
    terminal.err(formatFailure(thrown, optionFinder(words, areas)));
    return exitCodeOf(thrown);
  }
}

function prepare(command: Command, terminal: Terminal): void {
  command.exitOverride();
  command.showSuggestionAfterError(true);
  command.configureOutput({ writeOut: (text) => terminal.out(text), writeErr: (text) => terminal.err(text) });
  for (const inner of command.commands) prepare(inner, terminal);
}

function optionFinder(words: readonly string[], areas: OperationAreas): (member: string) => string | undefined {
  const [area = '', name = ''] = words;
  const operations = Object.hasOwn(areas, area) ? Object.values(areas[area] ?? {}) : [];
  const operation = operations.find((o) => o.name.toLowerCase() === name.replaceAll('-', ''));
  const options = operation ? memberOptions(operation) : [];
  return (member) => options.find((option) => option.member.name === member)?.flag;
}
