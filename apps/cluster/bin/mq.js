#!/usr/bin/env node
import '../dist/mq.js'
