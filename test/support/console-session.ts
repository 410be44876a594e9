/**
 * Reads the `console` blocks of a Markdown page as what they are: commands that somebody typed, and what was answered. So a page can be
 * carried out, and be seen to be true. Pure. For tests only.
 */

export interface Exchange {
  readonly command: string;
  /** What was typed into the command, where it opened a shell of its own. */
  readonly input: string;
  readonly answer: readonly string[];
}

/** `# ` and `$ ` are our own prompts; `someone@somewhere:path# ` is that of a shell which the command before it opened. */
const PROMPT = /^[#$] (.+)$/;
const INNER_PROMPT = /^\w+@[\w-]+:\S*[#$] (.+)$/;

export function consoleSession(markdown: string): Exchange[] {
  const exchanges: { command: string; input: string; answer: string[] }[] = [];
  for (const [, block = ''] of markdown.matchAll(/^```console\n([\s\S]*?)^```$/gm)) {
    for (const line of block.split('\n').filter((text) => text !== '')) {
      const command = PROMPT.exec(line)?.[1];
      const last = exchanges.at(-1);
      const typed = INNER_PROMPT.exec(line)?.[1];
      if (command !== undefined) exchanges.push({ command, input: '', answer: [] });
      else if (last === undefined) throw new Error(`an answer before any command: ${line}`);
      else if (typed !== undefined) last.input += `${typed}\n`;
      else last.answer.push(line);
    }
  }
  return exchanges;
}

/** The lines of `answer` that `actual` does not hold; numbers, times and spacing may differ, and `actual` may say more. */
export function missingFrom(actual: string, answer: readonly string[]): string[] {
  const said = alike(actual);
  return answer.filter((line) => !said.includes(alike(line)));
}

function alike(text: string): string {
  return text
    .replaceAll(/\d[\d.:TZ-]*/g, 'N')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
