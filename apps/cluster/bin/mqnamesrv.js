#!/usr/bin/env node
import '../dist/mqnamesrv.js'
