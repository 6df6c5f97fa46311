using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Twin.Unity
{
    /// <summary>
    /// Reads JSON into dictionaries, lists, strings, numbers (<see cref="double"/>), booleans and null. Unity's own
    /// JsonUtility cannot tell a number that is absent from one that is 0, and in a state that is a difference.
    /// </summary>
    internal sealed class TwinJson
    {
        private const int DepthMax = 32;
        private readonly string text;
        private int at;

        private TwinJson(string text)
        {
            this.text = text;
        }

        /// <exception cref="FormatException">The text is no JSON, or nested too deeply.</exception>
        public static object Parse(string text)
        {
            var json = new TwinJson(text);
            object value = json.Value(0);
            json.Skip();
            if (json.at != text.Length)
            {
                throw json.Wrong();
            }
            return value;
        }

        private object Value(int depth)
        {
            if (depth > DepthMax)
            {
                throw Wrong();
            }
            switch (Peek())
            {
                case '{':
                    return Object(depth);
                case '[':
                    return Array(depth);
                case '"':
                    return Text();
                case 't':
                    return Literal("true", true);
                case 'f':
                    return Literal("false", false);
                case 'n':
                    return Literal("null", null);
                default:
                    return Number();
            }
        }

        private Dictionary<string, object> Object(int depth)
        {
            var members = new Dictionary<string, object>();
            Take('{');
            if (Peek() == '}')
            {
                at++;
                return members;
            }
            while (true)
            {
                Peek();
                string name = Text();
                Take(':');
                members[name] = Value(depth + 1);
                if (Peek() == '}')
                {
                    at++;
                    return members;
                }
                Take(',');
            }
        }

        private List<object> Array(int depth)
        {
            var members = new List<object>();
            Take('[');
            if (Peek() == ']')
            {
                at++;
                return members;
            }
            while (true)
            {
                members.Add(Value(depth + 1));
                if (Peek() == ']')
                {
                    at++;
                    return members;
                }
                Take(',');
            }
        }

        private string Text()
        {
            Take('"');
            var read = new StringBuilder();
            while (true)
            {
                char c = Next();
                if (c == '"')
                {
                    return read.ToString();
                }
                read.Append(c == '\\' ? Escaped() : c);
            }
        }

        private char Escaped()
        {
            char c = Next();
            switch (c)
            {
                case 'b':
                    return '\b';
                case 'f':
                    return '\f';
                case 'n':
                    return '\n';
                case 'r':
                    return '\r';
                case 't':
                    return '\t';
                case 'u':
                    int code;
                    if (at + 4 > text.Length
                        || !int.TryParse(
                            text.Substring(at, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out code))
                    {
                        throw Wrong();
                    }
                    at += 4;
                    return (char)code;
                case '"':
                case '\\':
                case '/':
                    return c;
                default:
                    throw Wrong();
            }
        }

        private double Number()
        {
            int start = at;
            while (at < text.Length && "+-.0123456789eE".IndexOf(text[at]) >= 0)
            {
                at++;
            }
            double number;
            if (!double.TryParse(
                text.Substring(start, at - start), NumberStyles.Float, CultureInfo.InvariantCulture, out number))
            {
                throw Wrong();
            }
            return number;
        }

        private object Literal(string literal, object value)
        {
            if (string.CompareOrdinal(text, at, literal, 0, literal.Length) != 0)
            {
                throw Wrong();
            }
            at += literal.Length;
            return value;
        }

        private void Take(char expected)
        {
            if (Peek() != expected)
            {
                throw Wrong();
            }
            at++;
        }

        private char Peek()
        {
            Skip();
            if (at >= text.Length)
            {
                throw Wrong();
            }
            return text[at];
        }

        private char Next()
        {
            if (at >= text.Length)
            {
                throw Wrong();
            }
            return text[at++];
        }

        private void Skip()
        {
            while (at < text.Length && " \t\r\n".IndexOf(text[at]) >= 0)
            {
                at++;
            }
        }

        private FormatException Wrong()
        {
            return new FormatException("This is no JSON at character " + at + ".");
        }
    }
}
