import { IoError } from '../ports.js'
import { FileContent } from './file-content.js'
import type { SimProcess } from './sim-process.js'
import type { World } from './world.js'

export class Folder {
  readonly entries = new Map<string, Folder | FileContent>()
  /** What the folder holds after a power loss. */
  durable = new Map<string, Folder | FileContent>()

  sync(): void {
    this.durable = new Map(this.entries)
  }

  losePower(
    path: string,
    namesSurvive: (path: string) => boolean,
    loseFile: (path: string, file: FileContent) => void,
  ): void {
    if (namesSurvive(path)) this.sync()
    this.entries.clear()
    for (const [name, node] of this.durable) {
      this.entries.set(name, node)
      if (node instanceof Folder) node.losePower(`${path}/${name}`, namesSurvive, loseFile)
      else loseFile(`${path}/${name}`, node)
    }
  }
}

/** A host's disk: what outlives its processes. */
export class DiskState {
  root = new Folder()
  usedBytes = 0
  readonly locks = new Map<string, SimProcess>()

  constructor(
    readonly world: World,
    readonly hostName: string,
    readonly totalBytes: number,
  ) {}

  createFile(path: string): FileContent {
    return new FileContent((bytes) => this.#take(path, bytes))
  }

  /** By its absolute path, as `list` and `open` take it. */
  fileAt(path: string): FileContent | undefined {
    let node: Folder | FileContent | undefined = this.root
    for (const name of path.split('/').filter((each) => each !== ''))
      node = node instanceof Folder ? node.entries.get(name) : undefined
    return node instanceof FileContent ? node : undefined
  }

  losePower(): void {
    const { faults, random } = this.world
    this.root.losePower(
      '',
      (path) => faults.namesSurvive(this.hostName, path, random),
      (path, file) => file.losePower((sector) => faults.survives(this.hostName, path, sector, random)),
    )
    this.usedBytes = usedBytesOf(this.root)
  }

  #take(path: string, bytes: number): void {
    if (bytes > 0 && this.usedBytes + bytes > this.totalBytes) {
      throw new IoError('NO_SPACE', `cannot write ${path}: the disk is full. Free some space`)
    }
    this.usedBytes += bytes
  }
}

function usedBytesOf(folder: Folder): number {
  let bytes = 0
  for (const node of folder.entries.values()) bytes += node instanceof Folder ? usedBytesOf(node) : node.allocatedBytes
  return bytes
}
