/** The fenced blocks of a Markdown document, each with what the comment before it says about how a test runs it. */

export interface FencedBlock {
  readonly language: string;
  readonly text: string;
  /** The text of the HTML comment right before it, or ''. */
  readonly note: string;
  /** Its first line, counted from 1. */
  readonly line: number;
}

const BLOCK = /^( *)```(\w+)\n([^]*?)^\1```$/gm;
const NOTE = /<!-- ((?:(?!-->)[^])*) -->\s*$/;

/** All of them, in the document's order; the indentation of a list is taken away. */
export function fencedBlocks(markdown: string): readonly FencedBlock[] {
  return [...markdown.matchAll(BLOCK)].map((match) => {
    const [, indentation = '', language = '', text = ''] = match;
    const before = markdown.slice(0, match.index);
    return {
      language,
      text: text.replaceAll(new RegExp(`^${indentation}`, 'gm'), ''),
      note: NOTE.exec(before)?.[1] ?? '',
      line: before.split('\n').length,
    };
  });
}
