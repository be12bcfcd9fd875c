// What the tests include, read once: see RTSTREAM_QUICK_TESTS in tests/CMakeLists.txt.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "rtstream/rtstream.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/pipeline_driver.h"
#include "rtstream/testing/random.h"
