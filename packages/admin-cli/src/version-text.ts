/**
 * `V4_7_1` for 355: versions travel as positions in Java's list of them (`MQVersion.Version`). The list has a snapshot and
 * a release of each, ten patches a minor; 3.3 to 3.9 begin with patch 1.
 */
export function versionText(version: number): string {
  const { from, major, minor, patchesFrom } = eras.find((era) => version >= era.from) ?? {
    ...eras.at(-1)!,
    from: version,
  }
  const patches = 10 - patchesFrom
  const release = Math.floor((version - from) / 2)
  const snapshot = (version - from) % 2 === 0 ? '_SNAPSHOT' : ''
  const minorsOn = Math.floor(release / patches)
  const minorOfAll = minor + minorsOn
  return `V${major + Math.floor(minorOfAll / 10)}_${minorOfAll % 10}_${(release % patches) + patchesFrom}${snapshot}`
}

/** Where the pattern of the list changes, newest first. Before 3.1 it has none. */
const eras = [
  { from: 212, major: 4, minor: 0, patchesFrom: 0 },
  { from: 86, major: 3, minor: 3, patchesFrom: 1 },
  { from: 46, major: 3, minor: 1, patchesFrom: 0 },
  { from: 0, major: 3, minor: 0, patchesFrom: 0 },
]
