// What Twin's scripts use of UnityEngine, with the same names and signatures, and just enough behind it to run them frame
// by frame without Unity. No part of the package.
using System;
using System.Collections.Generic;
using System.Reflection;

namespace UnityEngine
{
    [AttributeUsage(AttributeTargets.Field)]
    public sealed class SerializeField : Attribute
    {
    }

    [AttributeUsage(AttributeTargets.Field)]
    public sealed class TooltipAttribute : Attribute
    {
        public TooltipAttribute(string tooltip)
        {
        }
    }

    [AttributeUsage(AttributeTargets.Field)]
    public sealed class HeaderAttribute : Attribute
    {
        public HeaderAttribute(string header)
        {
        }
    }

    [AttributeUsage(AttributeTargets.Field)]
    public sealed class MinAttribute : Attribute
    {
        public MinAttribute(float min)
        {
        }
    }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class CreateAssetMenuAttribute : Attribute
    {
        public string fileName { get; set; }

        public string menuName { get; set; }
    }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class AddComponentMenu : Attribute
    {
        public AddComponentMenu(string menuName)
        {
        }
    }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class DisallowMultipleComponent : Attribute
    {
    }

    public class Object
    {
        public string name { get; set; }
    }

    public class ScriptableObject : Object
    {
        public static T CreateInstance<T>()
            where T : ScriptableObject, new()
        {
            return new T();
        }
    }

    public class Component : Object
    {
        public GameObject gameObject { get; internal set; }

        public Transform transform { get { return gameObject.transform; } }

        public T GetComponent<T>()
            where T : class
        {
            return gameObject.GetComponent<T>();
        }

        public T[] GetComponentsInChildren<T>()
            where T : class
        {
            return gameObject.All<T>().ToArray();
        }
    }

    public class Behaviour : Component
    {
        public bool enabled { get; set; }
    }

    public class MonoBehaviour : Behaviour
    {
        internal bool Started { get; set; }
    }

    public sealed class Transform : Component
    {
        public Vector3 localPosition { get; set; }

        public void SetParent(Transform parent, bool worldPositionStays)
        {
        }
    }

    public enum PrimitiveType
    {
        Sphere,
        Capsule,
        Cylinder,
        Cube
    }

    public sealed class GameObject : Object
    {
        private static readonly List<GameObject> All_ = new List<GameObject>();
        private readonly List<Component> components = new List<Component>();
        private bool active = true;

        public GameObject(string name)
        {
            this.name = name;
            transform = new Transform { gameObject = this };
            All_.Add(this);
        }

        public Transform transform { get; private set; }

        public static GameObject CreatePrimitive(PrimitiveType type)
        {
            var made = new GameObject(type.ToString());
            made.AddComponent<Renderer>();
            return made;
        }

        public T AddComponent<T>()
            where T : Component, new()
        {
            var component = new T { gameObject = this, name = name };
            components.Add(component);
            var behaviour = component as MonoBehaviour;
            if (behaviour != null)
            {
                behaviour.enabled = true;
                if (active)
                {
                    Call(behaviour, "OnEnable");
                }
            }
            return component;
        }

        public T GetComponent<T>()
            where T : class
        {
            List<T> found = All<T>();
            return found.Count == 0 ? null : found[0];
        }

        public void SetActive(bool value)
        {
            if (value == active)
            {
                return;
            }
            active = value;
            foreach (MonoBehaviour behaviour in All<MonoBehaviour>())
            {
                if (behaviour.enabled)
                {
                    Call(behaviour, value ? "OnEnable" : "OnDisable");
                }
            }
        }

        internal List<T> All<T>()
            where T : class
        {
            var found = new List<T>();
            foreach (Component component in components)
            {
                if (component is T)
                {
                    found.Add(component as T);
                }
            }
            return found;
        }

        /// <summary>Plays one frame of everything that is active.</summary>
        public static void Frame(float seconds)
        {
            Time.deltaTime = seconds;
            Time.time += seconds;
            foreach (GameObject each in All_.ToArray())
            {
                foreach (MonoBehaviour behaviour in each.All<MonoBehaviour>())
                {
                    if (!each.active || !behaviour.enabled)
                    {
                        continue;
                    }
                    if (!behaviour.Started)
                    {
                        behaviour.Started = true;
                        Call(behaviour, "Start");
                    }
                    Call(behaviour, "Update");
                }
            }
        }

        private static void Call(MonoBehaviour behaviour, string message)
        {
            MethodInfo method = behaviour.GetType().GetMethod(
                message, BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public);
            if (method != null)
            {
                method.Invoke(behaviour, null);
            }
        }
    }

    public class Renderer : Component
    {
        private readonly MaterialPropertyBlock block = new MaterialPropertyBlock();

        public void GetPropertyBlock(MaterialPropertyBlock into)
        {
            into.CopyFrom(block);
        }

        public void SetPropertyBlock(MaterialPropertyBlock from)
        {
            block.CopyFrom(from);
        }
    }

    public sealed class MaterialPropertyBlock
    {
        private readonly Dictionary<int, Color> colours = new Dictionary<int, Color>();

        public void SetColor(int property, Color colour)
        {
            colours[property] = colour;
        }

        public Color GetColor(int property)
        {
            Color colour;
            colours.TryGetValue(property, out colour);
            return colour;
        }

        internal void CopyFrom(MaterialPropertyBlock other)
        {
            foreach (KeyValuePair<int, Color> each in other.colours)
            {
                colours[each.Key] = each.Value;
            }
        }
    }

    public static class Shader
    {
        private static readonly List<string> Names = new List<string>();

        public static int PropertyToID(string name)
        {
            if (!Names.Contains(name))
            {
                Names.Add(name);
            }
            return Names.IndexOf(name);
        }
    }

    public struct Color
    {
        public float r;
        public float g;
        public float b;
        public float a;

        public Color(float r, float g, float b)
        {
            this.r = r;
            this.g = g;
            this.b = b;
            a = 1f;
        }
    }

    public struct Vector3
    {
        public float x;
        public float y;
        public float z;

        public Vector3(float x, float y, float z)
        {
            this.x = x;
            this.y = y;
            this.z = z;
        }
    }

    public static class Time
    {
        public static float deltaTime { get; internal set; }

        public static float time { get; internal set; }
    }

    public static class Mathf
    {
        public static float Sin(float f)
        {
            return (float)Math.Sin(f);
        }

        public static float Max(float a, float b)
        {
            return Math.Max(a, b);
        }

        public static float Clamp01(float value)
        {
            return Math.Min(1f, Math.Max(0f, value));
        }
    }

    public static class Debug
    {
        public static void LogError(object message)
        {
            Console.Error.WriteLine(message);
        }
    }
}
