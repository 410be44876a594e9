/** Files that were dropped onto the page; those of a folder with the way to them. */
export interface NamedFile {
  /** Below where it was dropped: `photos/2026/a.jpg`. */
  readonly name: string;
  readonly file: File;
}

/** Folders within folders. */
const DEPTH_MAX = 64;

/** At most one more than `count_max`, so that it shows when there are more. Its first part runs at once: a drop is over when its event is. */
export async function droppedFiles(
  { items, files }: DataTransfer,
  count_max: number,
): Promise<readonly NamedFile[]> {
  const entries = [...items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  if (entries.length === 0) return [...files].map((file) => ({ name: file.name, file }));
  const found: NamedFile[] = [];
  const look = async (entry: FileSystemEntry, depth: number): Promise<void> => {
    if (found.length > count_max || depth > DEPTH_MAX) return;
    if (isFile(entry)) {
      const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
      found.push({ name: entry.fullPath.replace(/^\//, ''), file });
    } else if (isFolder(entry)) {
      for await (const child of entriesOf(entry)) await look(child, depth + 1);
    }
  };
  for (const entry of entries) await look(entry, 0);
  return found;
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;

/** A browser tells them some at a time, and none at the end. */
async function* entriesOf(folder: FileSystemDirectoryEntry): AsyncGenerator<FileSystemEntry> {
  const reader = folder.createReader();
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return;
    yield* some;
  }
}
