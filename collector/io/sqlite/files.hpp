// What a file needs to survive a power cut, and to take its name in one step. Private to
// collector/io/sqlite.
#pragma once

#include <string>

#include "common/result.hpp"

namespace aftercare::collector::sqlite {

/// Errors of all: unavailable, naming the file and the reason. conflict only where said.

/// The file's content on stable storage.
Status sync_file(const std::string& path);
/// The names in the folder of `path` on stable storage.
Status sync_folder_of(const std::string& path);
/// An empty file with the permissions of `like`, or for its owner and group only.
/// Errors: also conflict, when it exists.
Status make_file(const std::string& path, const std::string& like);
/// Errors: also conflict, when `to` exists.
Status rename_to_new(const std::string& from, const std::string& to);
/// Replaces `to` when it is there.
Status rename_over(const std::string& from, const std::string& to);
/// A second name for the same file.
Status link_file(const std::string& from, const std::string& to);
/// Nothing to do when it is not there.
Status remove_file(const std::string& path);

}  // namespace aftercare::collector::sqlite
